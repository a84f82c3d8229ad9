//! The arithmetic of every number that ends up in a model or a score.
//!
//! Bits must not depend on the machine, so each operation is defined element by element: a chain of fused
//! multiply-adds in a stated order. Fused multiply-add, division and square root are exact functions of their
//! operands (IEEE 754), so a chain has one value however it is vectorised, tiled or spread over threads. The
//! only reductions across elements are [`dot`](lanes::dot), whose lanes are part of the definition, and the
//! blocks of [`gram`](gram::gram).
//!
//! The same generic bodies are compiled twice: portable, and with AVX2 and FMA instructions. A change of any
//! order here is a change of bits, and raises [`KERNEL_VERSION`](crate::KERNEL_VERSION).

mod cholesky;
pub(crate) mod gram;
pub(crate) mod lanes;
pub(crate) mod row;
mod tile;

/// Which compilation of the arithmetic runs. All give the same bits; they differ in speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Path);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    Portable,
    /// Only ever made after the processor was asked.
    #[cfg(target_arch = "x86_64")]
    Avx2Fma,
}

impl Kernel {
    /// The fastest that this processor has.
    pub fn detect() -> Kernel {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Kernel(Path::Avx2Fma);
        }
        Kernel::portable()
    }

    /// The one that every processor has.
    pub fn portable() -> Kernel {
        Kernel(Path::Portable)
    }

    /// Name for logs and reports: `avx2+fma` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Path::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Path::Avx2Fma => "avx2+fma",
        }
    }

    /// Runs a piece of arithmetic compiled for this kernel.
    #[inline]
    fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Path::Portable => work.run(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this path is only made by `detect`, after the processor said that it has both.
            Path::Avx2Fma => unsafe { run_avx2_fma(work) },
        }
    }
}

/// A piece of arithmetic with its operands. `run` and all below it are `#[inline(always)]`, so that they are
/// compiled anew, with the instructions allowed there, within each caller.
trait Work {
    type Output;
    fn run(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2_fma<W: Work>(work: W) -> W::Output {
    work.run()
}
