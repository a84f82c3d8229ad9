//! The one inner loop: a sum of outer products added to the upper triangle of a square matrix.

/// Columns of a tile; every matrix and row of the kernel has a multiple of it as its stride.
pub(super) const WIDTH: usize = 16;
/// Rows of a tile. 4 × 16 accumulators fill eight of the sixteen AVX2 registers.
const HEIGHT: usize = 4;

/// Adds `Σₖ left[k]ᵀ right[k]` to the upper triangle of `matrix`, whose rows and columns begin at column
/// `first` of `left` and `right`.
///
/// Element (i, j) becomes `fma(left[k][i], right[k][j], element)` for k ascending. Elements below the diagonal
/// are left in whatever state suits the tiling, and nothing reads them.
///
/// Shapes: `matrix` (stride − first) × stride, of which the columns from `first` on are meant; `left` and
/// `right` k × stride. `first` and `stride` are multiples of [`WIDTH`].
#[inline(always)]
pub(super) fn add_outer_products(
    matrix: &mut [f32],
    left: &[f32],
    right: &[f32],
    first: usize,
    stride: usize,
) {
    for (block, rows) in matrix.chunks_exact_mut(HEIGHT * stride).enumerate() {
        let top = first + block * HEIGHT;
        let mut column = top / WIDTH * WIDTH;
        while column < stride {
            add_tile(rows, left, right, top, column, stride);
            column += WIDTH;
        }
    }
}

#[inline(always)]
fn add_tile(rows: &mut [f32], left: &[f32], right: &[f32], top: usize, column: usize, stride: usize) {
    let mut sums = [[0.0f32; WIDTH]; HEIGHT];
    for (sums, row) in sums.iter_mut().zip(rows.chunks_exact(stride)) {
        sums.copy_from_slice(&row[column..column + WIDTH]);
    }
    for (left, right) in left.chunks_exact(stride).zip(right.chunks_exact(stride)) {
        let left = &left[top..top + HEIGHT];
        let right = &right[column..column + WIDTH];
        for i in 0..HEIGHT {
            for j in 0..WIDTH {
                sums[i][j] = left[i].mul_add(right[j], sums[i][j]);
            }
        }
    }
    for (sums, row) in sums.iter().zip(rows.chunks_exact_mut(stride)) {
        row[column..column + WIDTH].copy_from_slice(sums);
    }
}
