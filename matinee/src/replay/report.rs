//! What a replay found.

use std::fmt;

use serde::Serialize;

/// Findings of one kind that the text lists; the JSON has them all.
const LISTED: usize = 20;

/// All answers and how they came out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Answers that were computed again.
    pub checked: u64,
    /// Those that came out the same, bit for bit.
    pub identical: u64,
    /// Those that did not.
    pub different: Vec<Finding>,
    /// Answers that cannot be computed again.
    pub not_recomputable: Vec<Finding>,
    /// Outcomes other than 200: nothing to compute.
    pub errors: u64,
    /// Records that were on the topic before, with the same instance_id and instance_seq.
    pub repeated: u64,
    /// How long it took.
    pub seconds: f64,
}

/// One answer and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The request; where its record cannot be read, the record's position.
    pub request_id: String,
    /// What is wrong.
    pub why: String,
}

impl Report {
    /// Counts an answer: computed again, with what differs; or not, with why.
    pub(super) fn add(&mut self, request_id: &str, outcome: Result<Option<String>, String>) {
        let finding = |why| Finding { request_id: request_id.to_owned(), why };
        match outcome {
            Ok(None) => {
                self.checked += 1;
                self.identical += 1;
            }
            Ok(Some(why)) => {
                self.checked += 1;
                self.different.push(finding(why));
            }
            Err(why) => self.not_recomputable.push(finding(why)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { checked, identical, errors, repeated, seconds, .. } = self;
        writeln!(f, "identical             {identical} of {checked} answers in {seconds:.1} s")?;
        writeln!(f, "different             {}", self.different.len())?;
        list(f, &self.different)?;
        writeln!(f, "cannot be recomputed  {}", self.not_recomputable.len())?;
        list(f, &self.not_recomputable)?;
        writeln!(f, "errors                {errors} (not 200: nothing to recompute)")?;
        write!(f, "repeated records      {repeated}")
    }
}

fn list(f: &mut fmt::Formatter<'_>, findings: &[Finding]) -> fmt::Result {
    for Finding { request_id, why } in findings.iter().take(LISTED) {
        writeln!(f, "  {request_id}: {why}")?;
    }
    match findings.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(f, "  and {more} more; --json lists them all"),
    }
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
        assert!(text.contains("different             1\n  b: movie 3 where 4 was\n"), "{text}");
        assert!(text.contains("cannot be recomputed  1\n  c: no v0.9\n"), "{text}");
    }

    #[test]
    fn a_long_list_is_cut_in_the_text_alone() {
        let mut report = Report::default();
        (0..25).for_each(|n| report.add(&n.to_string(), Err("gone".to_owned())));
        assert!(report.to_string().contains("  and 5 more; --json lists them all\n"));
        assert_eq!(serde_json::to_value(&report).unwrap()["not_recomputable"].as_array().unwrap().len(), 25);
    }
}
