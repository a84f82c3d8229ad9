//! Names of the tensors, which are the format, and numbers as little-endian bytes.

/// The one entry of the header's metadata: key and value.
pub(super) const FORMAT: (&str, &str) = ("format", "matinee-als/1");

pub(super) const USER_IDS: &str = "user_ids";
pub(super) const MOVIE_IDS: &str = "movie_ids";
pub(super) const USER_FACTORS: &str = "user_factors";
pub(super) const MOVIE_FACTORS: &str = "movie_factors";
pub(super) const POPULARITY: &str = "popularity";

pub(super) const STARTS: &str = "feedback.starts";
pub(super) const MOVIES: &str = "feedback.movies";
pub(super) const PRESENT: &str = "feedback.present";
pub(super) const PROGRESS: &str = "feedback.progress";
pub(super) const RATING: &str = "feedback.rating";
pub(super) const RATING_TS: &str = "feedback.rating_ts";
pub(super) const EVENT_ID_STARTS: &str = "feedback.event_id_starts";
pub(super) const EVENT_IDS: &str = "feedback.event_ids";

pub(super) const KERNEL_VERSION: &str = "kernel_version";
pub(super) const ITERATIONS: &str = "parameters.iterations";
pub(super) const REGULARIZATION: &str = "parameters.regularization";
pub(super) const SEED: &str = "parameters.seed";
pub(super) const ALPHA: &str = "parameters.alpha";
pub(super) const LIKED_RATING: &str = "parameters.liked_rating";
pub(super) const RATING_GAIN: &str = "parameters.rating_gain";
pub(super) const LIKED_PROGRESS: &str = "parameters.liked_progress";

/// A number as an element of a tensor.
pub(super) trait Element: Copy {
    const DTYPE: safetensors::Dtype;
    const BYTES: usize;
    fn put(self, bytes: &mut Vec<u8>);
    /// `bytes` are `BYTES` long.
    fn take(bytes: &[u8]) -> Self;
}

macro_rules! elements {
    ($($number:ty => $dtype:ident),*) => {$(
        impl Element for $number {
            const DTYPE: safetensors::Dtype = safetensors::Dtype::$dtype;
            const BYTES: usize = size_of::<$number>();
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$number>()];
                own.copy_from_slice(bytes);
                <$number>::from_le_bytes(own)
            }
        }
    )*};
}

elements!(u8 => U8, i32 => I32, u32 => U32, i64 => I64, u64 => U64, f32 => F32, f64 => F64);
