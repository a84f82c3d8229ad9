//! The race for a chain position.

use super::{Header, Segment, broken};
use crate::{Error, Put, Store};

/// How the publication of a segment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// The segment is in the chain.
    Won,
    /// Another one, with this header, was there first: go on from its end.
    Lost(Header),
}

/// Puts the segment at its chain position, if that is free.
///
/// # Errors
/// [`Error::Chain`]: the segment that is there goes on from another chain: its writer saw other records. What
/// [`Store::put_if_absent`] gives; to publish again is safe.
pub async fn publish(store: &Store, segment: &Segment) -> Result<Published, Error> {
    let path = segment.header.path()?;
    let Put::Lost(bytes) = store.put_if_absent(&path, segment.bytes.clone()).await? else {
        return Ok(Published::Won);
    };
    let (ours, theirs) = (&segment.header, Header::read(&path, &bytes)?);
    if theirs.partition != ours.partition || theirs.start != ours.start {
        let problem = format!("{path} goes on from another chain than ours");
        return Err(broken(&ours.partition, ours.start.next_offset, problem));
    }
    Ok(Published::Lost(theirs))
}
