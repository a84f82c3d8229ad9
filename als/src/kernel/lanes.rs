//! Dot products and the scores that are made of them.

use super::{Kernel, Work};

/// Lanes of a dot product: part of its definition.
const LANES: usize = 32;

/// `Σ a[e]·b[e]`. Element `e` is added to lane `e mod 32` by fused multiply-add, ascending, the last elements
/// filled up with zeros to a whole round; then the lanes are folded in halves: 16 on 16, 8 on 8, and so on.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_rounds, a_rest) = a.as_chunks::<LANES>();
    let (b_rounds, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_rounds.iter().zip(b_rounds) {
        add_round(&mut lanes, a, b);
    }
    if !a_rest.is_empty() {
        let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
        a[..a_rest.len()].copy_from_slice(a_rest);
        b[..b_rest.len()].copy_from_slice(b_rest);
        add_round(&mut lanes, &a, &b);
    }
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn add_round(lanes: &mut [f32; LANES], a: &[f32; LANES], b: &[f32; LANES]) {
    for lane in 0..LANES {
        lanes[lane] = a[lane].mul_add(b[lane], lanes[lane]);
    }
}

/// Dot products of `vector` with every row of `matrix` (rows of the vector's length), never −0.
pub(crate) fn scores(kernel: Kernel, vector: &[f32], matrix: &[f32], out: &mut [f32]) {
    assert_eq!(matrix.len(), vector.len() * out.len(), "a row for every score");
    kernel.run(Scores { vector, matrix, out });
}

struct Scores<'a> {
    vector: &'a [f32],
    matrix: &'a [f32],
    out: &'a mut [f32],
}

impl Work for Scores<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (row, score) in self.matrix.chunks_exact(self.vector.len()).zip(self.out) {
            *score = dot(self.vector, row) + 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, element by element.
    fn defined(a: &[f32], b: &[f32]) -> f32 {
        let mut lanes = [0.0f32; 32];
        for e in 0..a.len().next_multiple_of(32) {
            let (x, y) = if e < a.len() { (a[e], b[e]) } else { (0.0, 0.0) };
            lanes[e % 32] = x.mul_add(y, lanes[e % 32]);
        }
        for half in [16, 8, 4, 2, 1] {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
        }
        lanes[0]
    }

    #[test]
    fn every_path_gives_the_bits_of_the_definition() {
        for length in [1, 7, 31, 32, 33, 64, 100, 128] {
            let row = |seed: u32| {
                let value = |e: u32| (e.wrapping_mul(2_654_435_761) ^ seed) as i32 as f32 * 1e-9;
                (0..length).map(value).collect::<Vec<f32>>()
            };
            let (a, b) = (row(17), row(9_999));
            for kernel in [Kernel::portable(), Kernel::detect()] {
                let mut out = [0.0];
                scores(kernel, &a, &b, &mut out);
                assert_eq!(out[0].to_bits(), defined(&a, &b).to_bits(), "length {length} {}", kernel.name());
            }
        }
    }
}
