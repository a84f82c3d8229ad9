//! Configuration in layers: defaults, then `matinee.toml`, then `MATINEE__SECTION__KEY`, then the command line.
//!
//! A section is a struct with `Serialize + DeserializeOwned + Default`; nothing more needs to be declared. What
//! the default holds is what the section knows. Sections must not skip fields when they are written.

mod effective;
mod environment;
mod file;
mod given;
mod layers;
mod nearest;
mod period;
mod secret;
mod section;
mod words;

pub use effective::Effective;
pub use given::Origin;
pub use layers::{DEFAULT_FILE, Layers};
pub use period::Period;
pub use secret::{MASK, Secret};
