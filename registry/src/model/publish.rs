//! The race for a version.

use bytes::Bytes;

use super::{
    Draft, Meta, Version, artifact_path, check_name, meta_path, read, readable, readable_meta, versions,
};
use crate::{Error, Put, Store, json, sha256};

/// How the publication of a model ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The model that is published: ours, or the one that answers the same trigger.
    pub meta: Meta,
    /// Whether it is ours.
    pub won: bool,
}

impl Published {
    /// The version that is published.
    pub fn version(&self) -> Version {
        self.meta.version
    }
}

/// Publishes a model under the next version: the artifact first, then `meta.json`, if that version is free.
///
/// Every version up to the one that is won has been looked at, so that of several publishers of one trigger one
/// wins, whatever dies and however often it is repeated. One whose meta cannot be read keeps its number, and what it
/// serves is not known. A version that is lost leaves an artifact that no meta names.
///
/// # Errors
/// [`Error::OtherModel`], [`Error::Name`], [`Error::Meta`]; what [`Store::put_if_absent`] and [`readable_meta`] give.
pub async fn publish(store: &Store, artifact: Bytes, draft: Draft) -> Result<Published, Error> {
    check_name(&draft.model_name)?;
    check(&draft)?;
    let artifact_sha = sha256::hex_of(&artifact);
    let mut version = Version::FIRST;
    for known in versions(store).await? {
        if let Some(theirs) = readable_meta(store, known).await?
            && let Some(served) = same(theirs, &draft)?
        {
            return Ok(served);
        }
        version = known.next();
    }
    loop {
        put_artifact(store, version, &artifact_sha, &artifact).await?;
        let ours = draft.clone().with(version, artifact_sha.clone());
        let path = meta_path(version);
        let Put::Lost(theirs) = store.put_if_absent(&path, json::write(&path, &ours)?).await? else {
            return Ok(Published { meta: ours, won: true });
        };
        if let Some(theirs) = readable(version, read(&path, version, &theirs))?
            && let Some(served) = same(theirs, &draft)?
        {
            return Ok(served);
        }
        version = version.next();
    }
}

/// What lies under the artifact's hash has that hash, or no meta may name it.
async fn put_artifact(store: &Store, version: Version, sha: &str, artifact: &Bytes) -> Result<(), Error> {
    let path = artifact_path(version, sha);
    match store.put_if_absent(&path, artifact.clone()).await? {
        Put::Won => Ok(()),
        Put::Lost(other) => {
            Err(Error::Damaged { path, expected: sha.to_owned(), found: sha256::hex_of(&other) })
        }
    }
}

/// The published model, if it makes ours needless.
fn same(theirs: Meta, ours: &Draft) -> Result<Option<Published>, Error> {
    if theirs.model_name != ours.model_name {
        return Err(Error::OtherModel { held: theirs.model_name, given: ours.model_name.clone() });
    }
    Ok(theirs.serves_any(&ours.triggers).then_some(Published { meta: theirs, won: false }))
}

/// What is published is there for good, so it must be readable: JSON has no NaN, and a name may stand twice.
fn check(draft: &Draft) -> Result<(), Error> {
    let ours = draft.clone().with(Version::FIRST, String::new());
    let reread = serde_json::to_vec(&ours).and_then(|bytes| serde_json::from_slice::<Meta>(&bytes));
    let problem = match reread {
        Ok(theirs) if theirs == ours => return Ok(()),
        Ok(_) => "it reads otherwise than it was written".to_owned(),
        Err(error) => format!("it cannot be read back (is every number finite?): {error}"),
    };
    Err(Error::Meta { model_name: draft.model_name.clone(), problem })
}
