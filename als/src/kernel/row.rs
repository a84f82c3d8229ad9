//! The exact solution of one row: (YᵀY + λI + Σ (c − 1) y yᵀ) x = Σ c y over what the row likes.

pub(crate) use super::cholesky::NotSolvable;
use super::cholesky::{factorise, substitute};
use super::gram::Gram;
use super::tile::{WIDTH, add_outer_products};
use super::{Kernel, Work};

/// Liked rows that are gathered at once, so that they stay in the first-level cache; no influence on bits.
const GATHER: usize = 32;

/// What is liked in one row: indices into the other side's factors, ascending, and the confidence of each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Liked<'a> {
    pub indices: &'a [u32],
    pub confidences: &'a [f32],
}

/// Memory that solving needs, made once and used for many rows.
pub(crate) struct Scratch {
    matrix: Vec<f32>,
    left: Vec<f32>,
    right: Vec<f32>,
    inverse: Vec<f32>,
    x: Vec<f32>,
}

impl Scratch {
    pub fn new(gram: &Gram) -> Scratch {
        let Gram { factors, stride, .. } = *gram;
        Scratch {
            matrix: vec![0.0; stride * stride],
            left: vec![0.0; GATHER.max(WIDTH) * stride],
            right: vec![0.0; GATHER * stride],
            inverse: vec![0.0; factors],
            x: vec![0.0; stride],
        }
    }
}

/// Solves one row into `out` (of `gram.factors` elements). `others` is the other side's factor matrix and `gram`
/// is of it. Nothing liked gives zeros.
pub(crate) fn solve(
    kernel: Kernel,
    gram: &Gram,
    others: &[f32],
    liked: Liked<'_>,
    scratch: &mut Scratch,
    out: &mut [f32],
) -> Result<(), NotSolvable> {
    if liked.indices.is_empty() {
        out.fill(0.0);
        return Ok(());
    }
    kernel.run(Solve { gram, others, liked, scratch })?;
    out.copy_from_slice(&scratch.x[..gram.factors]);
    Ok(())
}

struct Solve<'a> {
    gram: &'a Gram,
    others: &'a [f32],
    liked: Liked<'a>,
    scratch: &'a mut Scratch,
}

impl Work for Solve<'_> {
    type Output = Result<(), NotSolvable>;

    /// Element (i, j) of the system is the chain `fma((c − 1)·y[i], y[j], element)` over the liked rows,
    /// ascending, from the Gram matrix; element j of the right-hand side the chain `fma(c, y[j], element)` from 0.
    #[inline(always)]
    fn run(self) -> Result<(), NotSolvable> {
        let Solve { gram, others, liked, scratch } = self;
        let Gram { factors, stride, .. } = *gram;
        let Scratch { matrix, left, right, inverse, x } = scratch;
        matrix.copy_from_slice(&gram.matrix);
        x.fill(0.0);
        for (indices, confidences) in liked.indices.chunks(GATHER).zip(liked.confidences.chunks(GATHER)) {
            for (place, (&index, &confidence)) in indices.iter().zip(confidences).enumerate() {
                let y = &others[index as usize * factors..][..factors];
                let left = &mut left[place * stride..][..factors];
                let right = &mut right[place * stride..][..factors];
                let extra = confidence - 1.0;
                for (f, &y) in y.iter().enumerate() {
                    left[f] = extra * y;
                    right[f] = y;
                    x[f] = confidence.mul_add(y, x[f]);
                }
            }
            let gathered = indices.len() * stride;
            add_outer_products(matrix, &left[..gathered], &right[..gathered], 0, stride);
        }
        factorise(matrix, inverse, &mut left[..WIDTH * stride], stride)?;
        // The panel's columns beyond `factors` are zero in the matrix, so the scratch is still zero there.
        substitute(matrix, inverse, x, stride)
    }
}
