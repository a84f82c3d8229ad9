//! What a replay found.

use std::fmt;

use serde::Serialize;

/// So many reasons of one kind are told apart; those that come up later are counted together.
const REASONS: usize = 20;
/// Of each reason so many requests are named.
const NAMED: usize = 3;
/// What those after [`REASONS`] are called.
const OTHERS: &str = "other reasons";

/// All answers and how they came out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Answers that were computed again.
    pub checked: u64,
    /// Those that came out the same, bit for bit.
    pub identical: u64,
    /// Those that did not, by what differs first.
    pub different: Vec<Finding>,
    /// Answers that cannot be computed again, by why.
    pub not_recomputable: Vec<Finding>,
    /// Outcomes other than 200: nothing to compute.
    pub errors: u64,
    /// Records that were on the topic before, with the same instance_id and instance_seq.
    pub repeated: u64,
    /// How long it took.
    pub seconds: f64,
}

/// What is wrong with one or more answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub why: String,
    /// With how many answers.
    pub count: u64,
    /// The first three requests; where a record cannot be read, its position.
    pub request_ids: Vec<String>,
}

impl Report {
    /// Counts an answer: computed again, with what differs; or not, with why.
    pub(super) fn add(&mut self, request_id: &str, outcome: Result<Option<String>, String>) {
        match outcome {
            Ok(None) => {
                self.checked += 1;
                self.identical += 1;
            }
            Ok(Some(why)) => {
                self.checked += 1;
                count(&mut self.different, request_id, why);
            }
            Err(why) => count(&mut self.not_recomputable, request_id, why),
        }
    }

    /// Whether every answer was computed again and came out the same.
    pub fn verified(&self) -> bool {
        self.different.is_empty() && self.not_recomputable.is_empty()
    }
}

/// Adds an answer to those with the same reason.
fn count(findings: &mut Vec<Finding>, request_id: &str, why: String) {
    let same = findings.iter().position(|finding| finding.why == why);
    let why = if same.is_none() && findings.len() >= REASONS { OTHERS.to_owned() } else { why };
    let at = findings.iter().position(|finding| finding.why == why).unwrap_or_else(|| {
        findings.push(Finding { why, count: 0, request_ids: Vec::new() });
        findings.len() - 1
    });
    let finding = &mut findings[at];
    finding.count += 1;
    if finding.request_ids.len() < NAMED {
        finding.request_ids.push(request_id.to_owned());
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.count > self.request_ids.len() as u64 { ", …" } else { "" };
        write!(f, "{} × {} ({}{more})", self.why, self.count, self.request_ids.join(", "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { checked, identical, errors, repeated, seconds, .. } = self;
        writeln!(f, "identical             {identical} of {checked} answers in {seconds:.1} s")?;
        writeln!(f, "different             {}", total(&self.different))?;
        list(f, &self.different)?;
        writeln!(f, "cannot be recomputed  {}", total(&self.not_recomputable))?;
        list(f, &self.not_recomputable)?;
        writeln!(f, "errors                {errors} (not 200: nothing to recompute)")?;
        write!(f, "repeated records      {repeated}")
    }
}

fn total(findings: &[Finding]) -> u64 {
    findings.iter().map(|finding| finding.count).sum()
}

fn list(f: &mut fmt::Formatter<'_>, findings: &[Finding]) -> fmt::Result {
    findings.iter().try_for_each(|finding| writeln!(f, "  {finding}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_counted_once() {
        let mut report = Report { errors: 2, ..Report::default() };
        report.add("a", Ok(None));
        report.add("b", Ok(Some("movie 3 where 4 was".to_owned())));
        report.add("c", Err("no v0.9".to_owned()));
        assert_eq!((report.checked, report.identical), (2, 1));
        let text = report.to_string();
        assert!(text.contains("different             1\n  movie 3 where 4 was × 1 (b)\n"), "{text}");
        assert!(text.contains("cannot be recomputed  1\n  no v0.9 × 1 (c)\n"), "{text}");
    }

    #[test]
    fn what_differs_and_what_cannot_be_computed_is_not_verified() {
        let after = |outcome| {
            let mut report = Report { errors: 1, repeated: 1, ..Report::default() };
            report.add("a", Ok(None));
            report.add("b", outcome);
            report.verified()
        };
        assert!(after(Ok(None)));
        assert!(!after(Ok(Some("place 0".to_owned()))));
        assert!(!after(Err("the model is damaged".to_owned())));
    }

    #[test]
    fn answers_are_grouped_by_reason() {
        let mut report = Report::default();
        (0..2161).for_each(|n| report.add(&format!("r{n}"), Err("v0.1 is damaged".to_owned())));
        let text = report.to_string();
        assert!(
            text.contains("recomputed  2161\n  v0.1 is damaged × 2161 (r0, r1, r2, …)\nerrors"),
            "{text}"
        );
        let json = serde_json::to_value(&report).unwrap();
        let expected = serde_json::json!([
            { "why": "v0.1 is damaged", "count": 2161, "request_ids": ["r0", "r1", "r2"] }
        ]);
        assert_eq!(json["not_recomputable"], expected);
    }

    #[test]
    fn reasons_are_bounded_and_nothing_is_left_out_of_the_count() {
        let mut report = Report::default();
        (0..100).for_each(|n| report.add("r", Ok(Some(format!("place {}", n % 50)))));
        assert_eq!(report.different.len(), REASONS + 1);
        assert_eq!((report.different[0].count, report.different[REASONS].count), (2, 60));
        assert!(report.to_string().contains("different             100\n"));
    }
}
