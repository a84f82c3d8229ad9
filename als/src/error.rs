use crate::Side;

/// What can go wrong in the kernel, with the coordinates of where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no feedback that counts as liked, so there is nothing to learn from.
    #[error("nothing to learn from: no feedback counts as liked")]
    NothingLiked,
    /// A parameter is outside the range that its document gives.
    #[error("parameter {name}: {reason}")]
    Parameter {
        /// Name of the field.
        name: &'static str,
        /// What is asked of it, and what was given.
        reason: String,
    },
    /// Feedback that no decoder should have let through.
    #[error("feedback of user {user_id} on movie {movie_id}: {reason}")]
    Feedback {
        /// The user.
        user_id: i32,
        /// The movie.
        movie_id: i32,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// More distinct ids or pairs than the format can index.
    #[error("{count} {what} are more than the format can index")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        count: usize,
    },
    /// The system of one row is singular, not positive definite or not finite in f32.
    #[error("the system of {side} {id} cannot be solved in f32: raise the regularization")]
    Unsolvable {
        /// Which half of an iteration.
        side: Side,
        /// The user_id or movie_id of the row.
        id: i32,
    },
    /// The feedback given to a fold-in makes a system that cannot be solved in f32.
    #[error("the system of a fold-in over {movies} movies cannot be solved in f32")]
    UnsolvableFoldIn {
        /// How many liked movies were in it.
        movies: usize,
    },
    /// A probed model gives a score that is not finite.
    #[error("the model scores movies for user {user_id} with numbers that are not finite")]
    Probe {
        /// The user.
        user_id: i32,
    },
    /// The progress callback asked to stop.
    #[error("the fit was cancelled")]
    Cancelled,
    /// The bytes are not a safetensors file.
    #[error("not a safetensors file: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// The bytes are a safetensors file, but not a sound model.
    #[error("not a model: {part}: {reason}")]
    Model {
        /// The tensor or the header.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}
