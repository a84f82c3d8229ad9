//! The names of the groups that more than one crate speaks of.

/// The ingestors, who share the event topics' partitions and whose progress says how far the log is ingested.
pub const INGESTOR: &str = "ingestor";
