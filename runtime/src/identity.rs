//! Which build is running.

use serde::Serialize;

/// The build's identity, which goes into every model, answer and metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuildIdentity {
    /// The commit: `MATINEE_GIT_SHA` at build time, else what git said, else `unknown`.
    pub git_sha: String,
    /// The workspace's version.
    pub version: String,
    /// The digest of the container image, if this runs in one.
    pub container_image_digest: Option<String>,
}

impl BuildIdentity {
    /// The environment variable that a container's start sets to its image digest.
    pub const IMAGE_DIGEST_VARIABLE: &str = "MATINEE_IMAGE_DIGEST";

    /// This build, in an image with this digest; an empty digest is none.
    pub fn new(container_image_digest: Option<String>) -> BuildIdentity {
        BuildIdentity {
            git_sha: env!("MATINEE_BUILD_SHA").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            container_image_digest: container_image_digest.filter(|digest| !digest.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_digest_is_none() {
        assert_eq!(BuildIdentity::new(Some(String::new())).container_image_digest, None);
        assert!(!BuildIdentity::new(None).git_sha.is_empty());
    }
}
