//! What a trainer knows while the triggers are its own.

use std::collections::BTreeSet;

use registry::model::Meta;
use registry::outcome::{self, Ending, Outcome};
use schemas::{Codec, RetrainTrigger};

use crate::config::Schedule;
use crate::history::{History, trigger};
use crate::schedule::{Sight, due};
use crate::{Error, Parts, champion, publish, repair, snapshot};

/// Who the trainer is in the triggers that it appends.
const ACTOR: &str = "trainer";

/// The triggers, which of them have ended, and the newest model.
pub(crate) struct Desk<'a> {
    parts: &'a Parts,
    pub(crate) history: History,
    /// Offsets of the triggers that have an outcome.
    pub(crate) ended: BTreeSet<i64>,
    newest: Option<Meta>,
}

impl<'a> Desk<'a> {
    /// Reads what there is, and repairs what a crash left.
    pub(crate) async fn open(parts: &'a Parts) -> Result<Self, Error> {
        let mut history = History::open(parts).await?;
        history.catch_up().await?;
        let mut ended = outcome::ended(&parts.store, &parts.config.model_name).await?;
        repair::repair(parts, &history, &mut ended).await?;
        let newest = champion::newest(&parts.store).await?;
        if let Some(meta) = &newest {
            parts.metrics.show(&meta.metrics);
        }
        let version = newest.as_ref().map(|meta| meta.version.to_string());
        tracing::info!(triggers = history.triggers().len(), ended = ended.len(), version, "serving triggers");
        Ok(Self { parts, history, ended, newest })
    }

    /// Appends the triggers that time and events ask for.
    pub(crate) async fn append_due(&mut self) -> Result<(), Error> {
        let parts = self.parts;
        if parts.config.schedule == Schedule::Off && parts.config.retrain_events.is_none() {
            return Ok(());
        }
        let ends = snapshot::ends(&parts.log).await?;
        let offsets = self.newest.as_ref().map_or(&[][..], |meta| &meta.offsets);
        let champion = self.newest.as_ref().map(|meta| meta.version.to_string());
        let now_ms = (parts.now_ms)();
        let sight = Sight {
            now_ms,
            champion: champion.as_deref(),
            new_events: snapshot::records_since(&ends, offsets),
            known: self.history.ids(),
        };
        for due in due(&parts.config, sight) {
            let record = RetrainTrigger {
                trigger_id: due.trigger_id,
                ts: now_ms,
                model_name: parts.config.model_name.clone(),
                cause: due.cause,
                reason: due.reason,
                actor: ACTOR.to_owned(),
                force: false,
            };
            let position = trigger(&parts.log, &Codec::new(), &record).await?;
            tracing::info!(%position, trigger_id = record.trigger_id, reason = record.reason, "triggered");
        }
        self.history.catch_up().await
    }

    /// After a retrain.
    pub(crate) async fn look_up_newest(&mut self) -> Result<(), Error> {
        self.newest = champion::newest(&self.parts.store).await?;
        Ok(())
    }

    /// Ends the triggers that repeat another's id.
    pub(crate) async fn collapse(&mut self, repeats: &[(i64, i64)]) -> Result<(), Error> {
        let mut outcomes = Vec::new();
        for (offset, into) in repeats {
            let Some(trigger) = self.history.triggers().get(offset) else { continue };
            outcomes.push(Outcome {
                format: outcome::FORMAT,
                model_name: trigger.model_name.clone(),
                trigger_offset: *offset,
                trigger_id: trigger.trigger_id.clone(),
                ts: (self.parts.now_ms)(),
                data_snapshot_id: None,
                result: Ending::Collapsed { into: *into },
            });
        }
        publish::record(self.parts, outcomes, &mut self.ended).await
    }

    /// Until there is another trigger, or it is time to look at schedule and events again.
    pub(crate) async fn wait(&self) -> Result<(), Error> {
        tokio::select! {
            another = self.history.another() => another,
            () = tokio::time::sleep(self.parts.config.check_every.duration()) => Ok(()),
        }
    }
}
