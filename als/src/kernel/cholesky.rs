//! Exact solution of a symmetric positive definite system by Cholesky factorisation.

use super::lanes::dot;
use super::tile::{WIDTH, add_outer_products};

/// The matrix is not positive definite in f32, or the solution is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotSolvable;

/// Overwrites the upper triangle of `matrix` by U with UᵀU = matrix, and `inverse` by 1 / diagonal of U.
///
/// Element (i, j) is the chain `fma(−U[k][i], U[k][j], element)` for k = 0..i, times `inverse[i]`. Rows come in
/// panels of [`WIDTH`], so that most of the work is outer products; the chain is the same.
///
/// `matrix` is stride × stride, of which the first `inverse.len()` rows and columns are meant; the rest is zero.
/// `panel` is scratch of [`WIDTH`] × stride.
#[inline(always)]
pub(super) fn factorise(
    matrix: &mut [f32],
    inverse: &mut [f32],
    panel: &mut [f32],
    stride: usize,
) -> Result<(), NotSolvable> {
    for (first, inverse) in (0..stride).step_by(WIDTH).zip(inverse.chunks_mut(WIDTH)) {
        let (done, rest) = matrix[first * stride..].split_at_mut(WIDTH * stride);
        factorise_panel(done, inverse, first, stride)?;
        panel.iter_mut().zip(&*done).for_each(|(negated, &element)| *negated = -element);
        add_outer_products(rest, panel, done, first + WIDTH, stride);
    }
    Ok(())
}

/// The rows of one panel, beginning with the diagonal at column `first`.
#[inline(always)]
fn factorise_panel(
    panel: &mut [f32],
    inverse: &mut [f32],
    first: usize,
    stride: usize,
) -> Result<(), NotSolvable> {
    for (k, inverse) in inverse.iter_mut().enumerate() {
        let (pivot_row, below) = panel[k * stride..].split_at_mut(stride);
        let pivot = pivot_row[first + k];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return Err(NotSolvable);
        }
        *inverse = 1.0 / pivot.sqrt();
        pivot_row[first..].iter_mut().for_each(|element| *element *= *inverse);
        for (row, i) in below.chunks_exact_mut(stride).zip(first + k + 1..) {
            let factor = -pivot_row[i];
            for (element, &above) in row[first..].iter_mut().zip(&pivot_row[first..]) {
                *element = factor.mul_add(above, *element);
            }
        }
    }
    Ok(())
}

/// Overwrites `x`, the right-hand side, by the solution of UᵀU x = right-hand side.
///
/// Forward: `x[j]` is the chain `fma(−x[k], U[k][j], x[j])` for k = 0..j, times `inverse[j]`. Backward:
/// `x[k] = (x[k] − dot(U[k][k+1..], x[k+1..])) · inverse[k]` for k descending.
#[inline(always)]
pub(super) fn substitute(
    upper: &[f32],
    inverse: &[f32],
    x: &mut [f32],
    stride: usize,
) -> Result<(), NotSolvable> {
    let n = inverse.len();
    for (k, row) in upper.chunks_exact(stride).take(n).enumerate() {
        let (head, tail) = x.split_at_mut(k + 1);
        head[k] *= inverse[k];
        let factor = -head[k];
        for (x, &element) in tail.iter_mut().zip(&row[k + 1..]) {
            *x = factor.mul_add(element, *x);
        }
    }
    for (k, row) in upper.chunks_exact(stride).take(n).enumerate().rev() {
        x[k] = (x[k] - dot(&row[k + 1..n], &x[k + 1..n])) * inverse[k];
    }
    if x[..n].iter().all(|x| x.is_finite()) { Ok(()) } else { Err(NotSolvable) }
}
