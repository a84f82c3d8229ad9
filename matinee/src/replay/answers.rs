//! The records of answers, each once.

use std::collections::HashSet;

use anyhow::Result;
use kafka::{DecodeError, Decoder, Log};
use schemas::{RecoResponse, topic};

use super::Report;
use crate::reader::Reader;

/// What is on `reco-responses`.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Answers with a list.
    pub ok: Vec<RecoResponse>,
    errors: u64,
    repeated: u64,
    /// Records that cannot be read: position and why.
    unreadable: Vec<(String, String)>,
    /// The records that were seen, by their outbox and number in it.
    seen: HashSet<(String, i64)>,
}

impl Answers {
    pub async fn read(log: &Log, decoder: &Decoder) -> Result<Answers> {
        let mut answers = Answers::default();
        let topics = log.topics().await?;
        let partitions = topics.iter().find(|(name, _)| name == topic::RECO_RESPONSES).map_or(0, |(_, n)| *n);
        for partition in 0..partitions {
            let mut reader = Reader::open(log, topic::RECO_RESPONSES, partition).await?;
            while let Some(records) = reader.next(log).await? {
                for stored in &records {
                    match decoder.decode(stored.value.as_deref().unwrap_or_default()).await {
                        Ok(response) => answers.add(response),
                        Err(DecodeError::Undecodable(error)) => {
                            answers.unreadable.push((stored.position().to_string(), error.to_string()));
                        }
                        Err(DecodeError::Log(error)) => return Err(error.into()),
                    }
                }
            }
        }
        Ok(answers)
    }

    fn add(&mut self, response: RecoResponse) {
        if !self.seen.insert((response.instance_id.clone(), response.instance_seq)) {
            self.repeated += 1;
        } else if response.status == 200 {
            self.ok.push(response);
        } else {
            self.errors += 1;
        }
    }

    pub fn keep_newest(&mut self, limit: Option<usize>) {
        let Some(limit) = limit else { return };
        let newest_first = |a: &RecoResponse, b: &RecoResponse| {
            (b.ts, &b.instance_id, b.instance_seq).cmp(&(a.ts, &a.instance_id, a.instance_seq))
        };
        self.ok.sort_by(newest_first);
        self.ok.truncate(limit);
    }

    /// A report in which nothing was computed yet.
    pub fn report(&self) -> Report {
        let mut report = Report { errors: self.errors, repeated: self.repeated, ..Report::default() };
        self.unreadable.iter().for_each(|(position, why)| report.add(position, Err(why.clone())));
        report
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer with nothing in it.
    pub fn response(request_id: &str, instance_seq: i64) -> RecoResponse {
        RecoResponse {
            request_id: request_id.to_owned(),
            ts: instance_seq,
            user_id: 7,
            status: 200,
            latency_ms: 1,
            k: 10,
            movie_ids: Vec::new(),
            model_version: "v0.1".to_owned(),
            model_name: "movies".to_owned(),
            git_sha: String::new(),
            data_snapshot_id: String::new(),
            container_image_digest: None,
            variant: None,
            strategy: "fixed".to_owned(),
            served_by: "als".to_owned(),
            artifact_sha: String::new(),
            kernel_version: 1,
            live: Vec::new(),
            scores: Vec::new(),
            catalog_offset: 0,
            rollout_epoch: 0,
            error_type: None,
            endpoint: "/recommend/{user_id}".to_owned(),
            method: "GET".to_owned(),
            instance_id: "i".to_owned(),
            instance_seq,
            traceparent: None,
            shadow_of: None,
            service_git_sha: String::new(),
        }
    }

    #[test]
    fn a_record_counts_once_and_an_error_is_no_answer() {
        let mut answers = Answers::default();
        answers.add(response("a", 1));
        answers.add(response("a", 1));
        answers.add(RecoResponse { status: 503, ..response("b", 2) });
        // One request_id may be sent twice; each is an answer of its own.
        answers.add(response("a", 3));
        assert_eq!((answers.ok.len(), answers.errors, answers.repeated), (2, 1, 1));
        assert_eq!((answers.report().errors, answers.report().repeated), (1, 1));
    }

    #[test]
    fn the_newest_are_kept() {
        let mut answers = Answers::default();
        (1..=5).for_each(|n| answers.add(response(&n.to_string(), n)));
        answers.keep_newest(None);
        assert_eq!(answers.ok.len(), 5);
        answers.keep_newest(Some(2));
        let kept: Vec<_> = answers.ok.iter().map(|answer| answer.request_id.as_str()).collect();
        assert_eq!(kept, ["5", "4"]);
    }
}
