//! Sharing the partitions of topics among the members of a group.

use schemas::TopicPartition;

use crate::{Error, embedded};

/// How a member takes part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupOptions {
    /// The member's name, unique in its group; `None` makes one up that is.
    pub member: Option<String>,
    /// After so long without a sign of life the member has left; `None` is `log.group_session_timeout_ms`.
    pub session_timeout_ms: Option<u64>,
    /// How often it gives one; `None` is `log.group_heartbeat_ms`.
    pub heartbeat_ms: Option<u64>,
}

/// What a member has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupEvent {
    /// These partitions are the member's from now on, beside those that it has. Where to go on in each is kept
    /// with the data that they produce, not here.
    Assigned(Vec<TopicPartition>),
    /// These are not any more. Stop working on them before the next call to [`Member::next`] or
    /// [`Member::release`]: that call lets others have them. (Where the member was not heard of in time, others
    /// have them already.)
    Revoked(Vec<TopicPartition>),
}

/// One member of a group.
///
/// It gives signs of life by itself while it exists. Dropping it without [`Member::leave`] is what a crash is:
/// its partitions stay leased until the session's timeout.
#[derive(Debug)]
pub struct Member {
    pub(crate) home: Home,
}

/// The member's side of a group in each home of the log.
#[derive(Debug)]
pub(crate) enum Home {
    Embedded(embedded::Member),
}

impl Member {
    /// The member's name.
    pub fn name(&self) -> &str {
        match &self.home {
            Home::Embedded(member) => member.name(),
        }
    }

    /// The partitions that are the member's: all that were assigned and not revoked.
    pub fn assigned(&self) -> impl Iterator<Item = &TopicPartition> {
        match &self.home {
            Home::Embedded(member) => member.assigned(),
        }
    }

    /// Waits until the member has to know something, and acknowledges the revocation that it was told last.
    ///
    /// Cancel-safe: a call that was given up has told nothing, and the next one tells it.
    ///
    /// # Errors
    /// The log could not be read or written; the member may call again.
    pub async fn next(&mut self) -> Result<GroupEvent, Error> {
        match &mut self.home {
            Home::Embedded(member) => member.next().await,
        }
    }

    /// Acknowledges the revocation that the member was told last, without waiting for more.
    ///
    /// # Errors
    /// The log could not be written.
    pub async fn release(&mut self) -> Result<(), Error> {
        match &mut self.home {
            Home::Embedded(member) => member.release().await,
        }
    }

    /// Leaves the group: others have its partitions at once. Stop working on them before.
    ///
    /// # Errors
    /// The log could not be written; the session will time out.
    pub async fn leave(self) -> Result<(), Error> {
        match self.home {
            Home::Embedded(member) => member.leave().await,
        }
    }
}
