//! Merged feedback of all users as a compressed sparse row matrix, one array a field.

use crate::{Error, Feedback, Rated};

/// Bit of `present`: there is a progress.
pub(crate) const HAS_PROGRESS: u8 = 1;
/// Bit of `present`: there is a rating.
pub(crate) const HAS_RATING: u8 = 2;

/// Row `u` is the entries `starts[u]..starts[u + 1]`, by ascending movie index. What is absent is 0 and its bit
/// in `present` is clear, so there is no NaN and equal feedback has equal bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    pub starts: Vec<u64>,
    pub movies: Vec<u32>,
    pub present: Vec<u8>,
    pub progress: Vec<f64>,
    pub rating: Vec<f64>,
    pub rating_ts: Vec<i64>,
    /// The event_id of entry `i` is `event_ids[event_id_starts[i]..event_id_starts[i + 1]]`.
    pub event_id_starts: Vec<u64>,
    pub event_ids: String,
}

impl Rows {
    pub fn new() -> Rows {
        Rows {
            starts: vec![0],
            movies: Vec::new(),
            present: Vec::new(),
            progress: Vec::new(),
            rating: Vec::new(),
            rating_ts: Vec::new(),
            event_id_starts: vec![0],
            event_ids: String::new(),
        }
    }

    /// Adds an entry to the row that is being written.
    pub fn push(&mut self, movie: u32, feedback: &Feedback) {
        let rated = feedback.rating.as_ref();
        let has_progress = if feedback.progress.is_some() { HAS_PROGRESS } else { 0 };
        let has_rating = if rated.is_some() { HAS_RATING } else { 0 };
        self.movies.push(movie);
        self.present.push(has_progress | has_rating);
        self.progress.push(feedback.progress.unwrap_or(0.0) + 0.0);
        self.rating.push(rated.map_or(0.0, |rated| rated.rating) + 0.0);
        self.rating_ts.push(rated.map_or(0, |rated| rated.ts));
        self.event_ids.push_str(rated.map_or("", |rated| &rated.event_id));
        self.event_id_starts.push(self.event_ids.len() as u64);
    }

    /// Ends the row that is being written.
    pub fn end_row(&mut self) {
        self.starts.push(self.movies.len() as u64);
    }

    pub fn entries(&self, row: usize) -> std::ops::Range<usize> {
        self.starts[row] as usize..self.starts[row + 1] as usize
    }

    pub fn movies_of(&self, row: usize) -> &[u32] {
        &self.movies[self.entries(row)]
    }

    pub fn feedback(&self, entry: usize) -> Feedback {
        let present = self.present[entry];
        let event_id = self.event_id_starts[entry] as usize..self.event_id_starts[entry + 1] as usize;
        Feedback {
            progress: (present & HAS_PROGRESS != 0).then(|| self.progress[entry]),
            rating: (present & HAS_RATING != 0).then(|| Rated {
                ts: self.rating_ts[entry],
                event_id: self.event_ids[event_id].into(),
                rating: self.rating[entry],
            }),
        }
    }

    /// Holds what was read from outside to every invariant above.
    pub fn check(&self, users: usize, movies: usize) -> Result<(), Error> {
        let entries = self.movies.len();
        let wrong = |part, reason: &str| Err(Error::Model { part, reason: reason.into() });
        let lengths = [self.present.len(), self.progress.len(), self.rating.len(), self.rating_ts.len()];
        if lengths != [entries; 4] {
            return wrong("feedback", "its arrays differ in length");
        }
        if !partitions(&self.starts, users, entries) {
            return wrong("feedback.starts", "not the boundaries of the users' rows");
        }
        if !partitions(&self.event_id_starts, entries, self.event_ids.len()) {
            return wrong("feedback.event_id_starts", "not the boundaries of the event ids");
        }
        if !self.event_id_starts.iter().all(|&start| self.event_ids.is_char_boundary(start as usize)) {
            return wrong("feedback.event_id_starts", "an event id begins within a character");
        }
        for row in 0..users {
            let row = self.movies_of(row);
            if !row.is_sorted_by(|a, b| a < b) || row.last().is_some_and(|&last| last as usize >= movies) {
                return wrong("feedback.movies", "a row is not ascending within the movies");
            }
        }
        for entry in 0..entries {
            if self.feedback(entry).fault().is_some() || !self.is_canonical(entry) {
                return wrong("feedback", "an entry is out of range or not in its one form");
            }
        }
        Ok(())
    }

    fn is_canonical(&self, entry: usize) -> bool {
        let present = self.present[entry];
        let no_event_id = self.event_id_starts[entry] == self.event_id_starts[entry + 1];
        let no_rating = self.rating[entry].to_bits() == 0 && self.rating_ts[entry] == 0 && no_event_id;
        present & !(HAS_PROGRESS | HAS_RATING) == 0
            && (present & HAS_PROGRESS != 0 || self.progress[entry].to_bits() == 0)
            && (present & HAS_RATING != 0 || no_rating)
    }
}

/// Whether `starts` cuts `0..end` into `parts` consecutive ranges.
fn partitions(starts: &[u64], parts: usize, end: usize) -> bool {
    starts.len() == parts + 1 && starts[0] == 0 && starts[parts] == end as u64 && starts.is_sorted()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feedback_comes_back_as_it_went_in() {
        let rating = |event_id: &str| Some(Rated { ts: -5, event_id: event_id.into(), rating: 4.5 });
        let all = [
            Feedback { progress: Some(0.0), rating: None },
            Feedback { progress: None, rating: rating("é") },
            Feedback { progress: Some(1.0), rating: rating("") },
            Feedback::default(),
        ];
        let mut rows = Rows::new();
        all.iter().zip(0..).for_each(|(feedback, movie)| rows.push(movie, feedback));
        rows.end_row();
        rows.end_row();
        assert!(rows.check(2, 4).is_ok());
        assert!(rows.entries(0).map(|entry| rows.feedback(entry)).eq(all));
        assert!(rows.entries(1).is_empty());

        assert!(rows.check(1, 4).is_err());
        assert!(rows.check(2, 3).is_err());
        assert!(Rows { present: vec![1, 2, 3, 4], ..rows.clone() }.check(2, 4).is_err());
        assert!(Rows { event_id_starts: vec![0, 0, 1, 2, 2], ..rows }.check(2, 4).is_err());
    }
}
