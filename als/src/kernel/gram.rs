//! FᵀF + λI of a factor matrix: what all rows of a half-iteration share.

use rayon::prelude::*;

use super::tile::{WIDTH, add_outer_products};
use super::{Kernel, Work};

/// Rows whose outer products are summed in one chain before the sums are added up: part of the definition.
const BLOCK_ROWS: usize = 1024;
/// Blocks that are in memory at once; no influence on bits.
const WAVE_BLOCKS: usize = 32;
/// Rows that are copied to padded scratch at once; no influence on bits.
const COPY_ROWS: usize = 32;

/// FᵀF + λI for one factor matrix F.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gram {
    pub factors: usize,
    pub stride: usize,
    /// stride × stride, upper triangle, zero beyond `factors`.
    pub matrix: Vec<f32>,
}

/// Length of a row of `factors` elements in the kernel's scratch.
pub(super) fn stride_of(factors: usize) -> usize {
    factors.next_multiple_of(WIDTH)
}

/// Element (i, j): in each block of 1024 rows the chain `fma(F[r][i], F[r][j], sum)` for r ascending, from zero;
/// then the blocks' sums added in order, from λ on the diagonal and zero elsewhere.
///
/// `rows` is F, n × factors. Spread over the threads of the current rayon pool.
pub(crate) fn gram(kernel: Kernel, rows: &[f32], factors: usize, regularization: f32) -> Gram {
    let stride = stride_of(factors);
    let mut matrix = vec![0.0; stride * stride];
    (0..factors).for_each(|f| matrix[f * stride + f] = regularization);
    let blocks: Vec<&[f32]> = rows.chunks(BLOCK_ROWS * factors).collect();
    for wave in blocks.chunks(WAVE_BLOCKS) {
        let sums: Vec<Vec<f32>> =
            wave.par_iter().map(|rows| kernel.run(Block { rows, factors, stride })).collect();
        for sum in sums {
            matrix.iter_mut().zip(sum).for_each(|(total, part)| *total += part);
        }
    }
    Gram { factors, stride, matrix }
}

struct Block<'a> {
    rows: &'a [f32],
    factors: usize,
    stride: usize,
}

impl Work for Block<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run(self) -> Vec<f32> {
        let Block { rows, factors, stride } = self;
        let mut sum = vec![0.0; stride * stride];
        let mut padded = vec![0.0; COPY_ROWS * stride];
        for rows in rows.chunks(COPY_ROWS * factors) {
            let padded = &mut padded[..rows.len() / factors * stride];
            for (padded, row) in padded.chunks_exact_mut(stride).zip(rows.chunks_exact(factors)) {
                padded[..factors].copy_from_slice(row);
            }
            add_outer_products(&mut sum, padded, padded, 0, stride);
        }
        sum
    }
}
