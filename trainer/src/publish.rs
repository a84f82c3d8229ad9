//! Publication, then the outcomes, then the announcement: each step can be repeated by whoever comes after.

use std::collections::{BTreeMap, BTreeSet};

use registry::model::{Draft, Meta, Version};
use registry::outcome::{self, Ending, Outcome, Recorded};
use registry::snapshot::Manifest;
use schemas::RetrainTrigger;

use crate::train::Candidate;
use crate::triggers::Task;
use crate::{Error, Parts};

/// A judged model, with all that its meta is made of.
pub(crate) struct Ready {
    pub(crate) manifest: Manifest,
    pub(crate) candidate: Candidate,
    pub(crate) parent: Option<Version>,
    pub(crate) durations_ms: BTreeMap<String, u64>,
}

/// Publishes a model under the next version. Gives its meta and whether it is ours: another trainer may have
/// served the same trigger.
pub(crate) async fn publish(parts: &Parts, task: &Task, ready: Ready) -> Result<(Meta, bool), Error> {
    let Ready { manifest, candidate, parent, durations_ms } = ready;
    let draft = Draft {
        created_at: rfc3339((parts.now_ms)()),
        model_name: parts.config.model_name.clone(),
        git_sha: parts.identity.git_sha.clone(),
        data_snapshot_id: manifest.data_snapshot_id.clone(),
        metrics: candidate.metrics,
        kernel_version: als::KERNEL_VERSION as i32,
        offsets: manifest.next_offsets(),
        triggers: task.offsets(),
        parent,
        gate: candidate.gate,
        gate_report: candidate.gate_report,
        durations_ms,
        parameters: crate::champion::parameters_in_meta(&parts.config.parameters),
    };
    let published = registry::model::publish(&parts.store, candidate.artifact.into(), draft).await?;
    let (version, won) = (published.version(), published.won);
    let data_snapshot_id = &published.meta.data_snapshot_id;
    tracing::info!(trigger_offset = task.offset, data_snapshot_id, %version, won, "published");
    Ok((published.meta, won))
}

/// How the triggers that a published model names ended: the last one is served, the others are collapsed into it.
/// A trigger that is not in the history has no outcome.
pub(crate) fn outcomes_of(meta: &Meta, triggers: &BTreeMap<i64, RetrainTrigger>, ts: i64) -> Vec<Outcome> {
    let Some(served) = meta.triggers.iter().copied().max() else { return Vec::new() };
    let collapsed = meta.triggers.iter().copied().filter(|offset| *offset != served);
    let endings = collapsed.map(|offset| (offset, Ending::Collapsed { into: served }));
    let published = Ending::Published { version: meta.version };
    // The served one last: whoever sees its outcome sees them all.
    let endings = endings.chain([(served, published)]);
    let of = |(offset, result): (i64, Ending)| {
        Some(Outcome {
            format: outcome::FORMAT,
            model_name: meta.model_name.clone(),
            trigger_offset: offset,
            trigger_id: triggers.get(&offset)?.trigger_id.clone(),
            ts,
            data_snapshot_id: Some(meta.data_snapshot_id.clone()),
            result,
        })
    };
    endings.filter_map(of).collect()
}

/// Records outcomes, in their order, and notes in `ended` that they are there.
pub(crate) async fn record(
    parts: &Parts,
    outcomes: Vec<Outcome>,
    ended: &mut BTreeSet<i64>,
) -> Result<(), Error> {
    for outcome in outcomes {
        let recorded = outcome::put(&parts.store, &outcome).await?;
        ended.insert(outcome.trigger_offset);
        let (trigger_offset, result) = (outcome.trigger_offset, &outcome.result);
        match recorded {
            Recorded::Won => tracing::info!(trigger_offset, ?result, "outcome"),
            Recorded::Lost(theirs) => {
                tracing::info!(trigger_offset, ?result, theirs = ?theirs.result, "the trigger had ended before");
            }
        }
    }
    Ok(())
}

fn rfc3339(at_ms: i64) -> String {
    let at = chrono::DateTime::<chrono::Utc>::from_timestamp_millis(at_ms).unwrap_or_default();
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
