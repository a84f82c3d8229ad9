//! The numeric kernel of Matinee: from feedback to a model, and from a model to a list.
//!
//! Everything here is a pure function of plain numbers: no input or output, no clock, no randomness but from a
//! seed. The same feedback and parameters give the same bits, on any number of threads and on every x86-64
//! machine (see [`Kernel`]); [`KERNEL_VERSION`] rises when they change.
//!
//! In the order in which data flows:
//!
//! | what | where |
//! | --- | --- |
//! | an [`Observation`] of one event is merged, in any order, into the [`Feedback`] on a (user, movie) pair | `feedback` |
//! | [`Weighting::preference`] alone decides what is liked, and with which confidence | `weighting` |
//! | [`Interactions`] are all feedback, by user | `interactions`, `rows` |
//! | [`fit`](fit()) factorises them by alternating least squares into a [`Model`] | `fit`, `start`, `parameters` |
//! | dot products, Gram matrices and Cholesky solves whose bits are defined | `kernel` |
//! | [`Model::to_bytes`] and [`Model::from_bytes`]: the artifact | `model` |
//! | [`Model::fold_in`], [`Model::recommend`], [`Model::popular`]: serving | `model`, `recommend` |
//! | [`HeldOut::last`] hides pairs, [`evaluate`](evaluate()) sees whether they are found | `split`, `evaluate` |
//!
//! ```
//! use als::{Feedback, Interactions, Model, Observation, Parameters, fit};
//! use std::{ops::ControlFlow, sync::Arc};
//!
//! // Users 1 and 2 share a taste, users 3 and 4 another.
//! let liked = [(1, 10), (1, 11), (1, 12), (2, 10), (2, 11), (3, 20), (3, 21), (3, 22), (4, 21), (4, 22)];
//! let watched = Feedback::from(Observation::Watched { progress: 1.0 });
//! let interactions = Interactions::new(liked.map(|(user, movie)| (user, movie, watched.clone())))?;
//!
//! let parameters = Parameters { factors: 2, regularization: 0.1, ..Parameters::default() };
//! let model = fit(Arc::new(interactions), &parameters, &|_| ControlFlow::Continue(()))?;
//! let model = Model::from_bytes(&model.to_bytes()?)?;
//!
//! // Somebody new has watched movie 11 just now.
//! let vector = model.fold_in(&[(11, watched)])?.expect("the model knows the movie");
//! let list = model.recommend(&vector, |movie_id| movie_id != 11, 2);
//! assert_eq!(list.iter().map(|scored| scored.movie_id).collect::<Vec<_>>(), [10, 12]);
//! # Ok::<(), als::Error>(())
//! ```

mod error;
mod evaluate;
mod feedback;
mod fit;
mod interactions;
mod kernel;
mod model;
mod parameters;
mod recommend;
mod rows;
mod split;
mod start;
mod weighting;

pub use error::Error;
pub use evaluate::{Ranker, Ranking, evaluate};
pub use feedback::{Feedback, Observation, Rated};
pub use fit::{Progress, Side, fit, fit_on};
pub use interactions::Interactions;
pub use kernel::Kernel;
pub use model::Model;
pub use parameters::Parameters;
pub use recommend::Scored;
pub use split::HeldOut;
pub use weighting::{Preference, Weighting};

/// Rises whenever the bits of a model or of a score change for the same input.
pub const KERNEL_VERSION: u32 = 1;
