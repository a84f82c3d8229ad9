//! What a crash between publication, outcome and announcement left undone.

use std::collections::BTreeSet;

use registry::model;

use crate::history::History;
use crate::publish::{outcomes_of, record};
use crate::{Error, Parts, announce};

/// Gives every published model the outcomes of its triggers and its announcement, where they are missing. So a
/// trigger whose model was published is never served a second time; what a version serves that cannot be read is not
/// known.
pub(crate) async fn repair(parts: &Parts, history: &History, ended: &mut BTreeSet<i64>) -> Result<(), Error> {
    let versions = model::versions(&parts.store).await?;
    if versions.is_empty() {
        return Ok(());
    }
    let announced = announce::announced(parts).await?;
    for version in versions {
        let Some(meta) = model::readable_meta(&parts.store, version).await? else { continue };
        let mut missing = outcomes_of(&meta, history.triggers(), (parts.now_ms)());
        missing.retain(|outcome| !ended.contains(&outcome.trigger_offset));
        record(parts, missing, ended).await?;
        if !announced.contains(&version.to_string()) {
            tracing::info!(%version, "published and not announced");
            announce::announce(parts, &meta).await?;
        }
    }
    Ok(())
}
