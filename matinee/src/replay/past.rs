//! The log as an answer saw it: its user's events within ranges of offsets, the catalogue up to an offset.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use kafka::{DecodeError, Decoder, Log, Watermarks};
use recommender::Catalogue;
use schemas::{Event, LiveRange, Movie, RecoResponse, TopicPartition, topic};

use crate::reader::Reader;

/// The events of the users who were answered, by partition and user, in order of offset.
#[derive(Debug, Default)]
pub(super) struct Events {
    by_user: HashMap<(TopicPartition, i32), Vec<(i64, Event)>>,
    marks: BTreeMap<TopicPartition, Watermarks>,
}

impl Events {
    /// Reads every partition that an answer names once, and no more of it than they name.
    pub async fn read(log: &Log, decoder: &Decoder, answers: &[RecoResponse]) -> Result<Events> {
        let mut events = Events::default();
        let users: HashSet<i32> = answers.iter().map(|answer| answer.user_id).collect();
        for (tp, (from, to)) in stretches(answers) {
            let marks = match log.watermarks(&tp.topic, tp.partition).await {
                Err(kafka::Error::UnknownTopic { .. } | kafka::Error::UnknownPartition { .. }) => continue,
                marks => marks?,
            };
            events.marks.insert(tp.clone(), marks);
            let mut reader = Reader::within(&tp, from.max(marks.low), to.min(marks.high));
            while let Some(records) = reader.next(log).await? {
                for stored in &records {
                    let value = stored.value.as_deref();
                    match decoder.decode_with(|codec| Event::decode(codec, &tp.topic, value)).await {
                        Ok(event) if users.contains(&event.user_id()) => {
                            let of_user = events.by_user.entry((tp.clone(), event.user_id())).or_default();
                            of_user.push((stored.offset, event));
                        }
                        // As when it was live: what cannot be used says nothing.
                        Ok(_) | Err(DecodeError::Undecodable(_)) => {}
                        Err(DecodeError::Log(error)) => return Err(error.into()),
                    }
                }
            }
        }
        Ok(events)
    }

    /// A user's events within these ranges, in (topic, partition, offset) order.
    ///
    /// # Errors
    /// The log does not hold all of a range.
    pub fn within(&self, user_id: i32, live: &[LiveRange]) -> Result<Vec<Event>, String> {
        let mut ranges: Vec<(TopicPartition, i64, i64)> =
            live.iter().map(|range| (tp_of(range), range.from, range.to)).collect();
        ranges.sort();
        let mut events = Vec::new();
        for (tp, from, to) in ranges.into_iter().filter(|(_, from, to)| from < to) {
            match self.marks.get(&tp) {
                None => return Err(format!("the log has no {tp}")),
                Some(Watermarks { low, high }) if from < *low || to > *high => {
                    return Err(format!("it saw {tp} from {from} to {to}, the log has {low} to {high}"));
                }
                Some(_) => {}
            }
            let of_user = self.by_user.get(&(tp, user_id)).map_or(&[][..], Vec::as_slice);
            let seen = of_user.iter().filter(|(offset, _)| (from..to).contains(offset));
            events.extend(seen.map(|(_, event)| event.clone()));
        }
        Ok(events)
    }
}

fn tp_of(range: &LiveRange) -> TopicPartition {
    TopicPartition::new(&range.topic, range.partition)
}

/// What of each partition any answer saw: from the lowest offset to the highest.
fn stretches(answers: &[RecoResponse]) -> BTreeMap<TopicPartition, (i64, i64)> {
    let mut stretches: BTreeMap<TopicPartition, (i64, i64)> = BTreeMap::new();
    for range in answers.iter().flat_map(|answer| &answer.live).filter(|range| range.from < range.to) {
        let (from, to) = stretches.entry(tp_of(range)).or_insert((range.from, range.to));
        *from = range.from.min(*from);
        *to = range.to.max(*to);
    }
    stretches
}

/// The records of `catalog-updates`.
#[derive(Debug)]
pub(super) struct Catalogues {
    records: Vec<(i64, Option<Movie>)>,
    high: i64,
}

impl Catalogues {
    pub async fn read(log: &Log, decoder: &Decoder) -> Result<Catalogues> {
        let mut records = Vec::new();
        let high = log.watermarks(topic::CATALOG_UPDATES, 0).await?.high;
        let mut reader = Reader::open(log, topic::CATALOG_UPDATES, 0).await?;
        while let Some(read) = reader.next(log).await? {
            for stored in &read {
                let movie = match decoder.decode(stored.value.as_deref().unwrap_or_default()).await {
                    Ok(movie) => Some(movie),
                    Err(DecodeError::Undecodable(_)) => None,
                    Err(DecodeError::Log(error)) => return Err(error.into()),
                };
                records.push((stored.offset, movie));
            }
        }
        Ok(Catalogues { records, high })
    }

    /// The empty catalogue, from which it grows.
    pub fn begin(&self) -> CatalogueTo<'_> {
        CatalogueTo { of: self, applied: 0, catalogue: Catalogue::default() }
    }
}

/// The catalogue as of an offset, which can only grow.
#[derive(Debug)]
pub(super) struct CatalogueTo<'a> {
    of: &'a Catalogues,
    applied: usize,
    catalogue: Catalogue,
}

impl CatalogueTo<'_> {
    /// The catalogue of all records before `offset`, which is not below the one of the call before.
    ///
    /// # Errors
    /// The log ends before it.
    pub fn to(&mut self, offset: i64) -> Result<&Catalogue, String> {
        if offset > self.of.high {
            return Err(format!("it saw catalog-updates up to {offset}, the log has {}", self.of.high));
        }
        let records = &self.of.records[self.applied..];
        for (at, movie) in records.iter().take_while(|(at, _)| *at < offset) {
            self.catalogue.apply(*at, movie.clone());
            self.applied += 1;
        }
        Ok(&self.catalogue)
    }
}

#[cfg(test)]
mod tests {
    use schemas::WatchEvent;

    use super::super::answers::tests::response;
    use super::*;

    fn watch(user_id: i32, movie_id: i32) -> Event {
        let event_id = format!("{user_id}-{movie_id}");
        Event::Watch(WatchEvent { event_id, ts: 1, user_id, movie_id, progress: 1.0, request_id: None })
    }

    fn range(partition: i32, from: i64, to: i64) -> LiveRange {
        LiveRange { topic: "watch-events".into(), partition, from, to }
    }

    fn events() -> Events {
        let tp = TopicPartition::new("watch-events", 1);
        let of_user = vec![(3, watch(7, 30)), (5, watch(7, 50)), (8, watch(7, 80))];
        let marks = [(tp.clone(), Watermarks { low: 2, high: 9 })].into();
        Events { by_user: [((tp, 7), of_user)].into(), marks }
    }

    #[test]
    fn an_answer_saw_exactly_its_ranges() {
        assert_eq!(events().within(7, &[range(1, 5, 8)]).unwrap(), [watch(7, 50)]);
        assert_eq!(events().within(7, &[range(1, 4, 4)]).unwrap(), []);
        assert_eq!(events().within(8, &[range(1, 2, 9)]).unwrap(), []);
    }

    #[test]
    fn what_the_log_does_not_hold_is_said() {
        let why = |range| events().within(7, &[range]).unwrap_err();
        assert_eq!(why(range(1, 1, 5)), "it saw watch-events/1 from 1 to 5, the log has 2 to 9");
        assert!(why(range(1, 5, 10)).contains("from 5 to 10"));
        assert_eq!(why(range(2, 5, 6)), "the log has no watch-events/2");
    }

    #[test]
    fn partitions_are_read_from_the_lowest_to_the_highest_offset() {
        let answer = |live| RecoResponse { live, ..response("r", 1) };
        let answers = [answer(vec![range(1, 5, 8), range(2, 3, 3)]), answer(vec![range(1, 2, 6)])];
        let expected = BTreeMap::from([(TopicPartition::new("watch-events", 1), (2, 8))]);
        assert_eq!(stretches(&answers), expected);
    }

    #[test]
    fn the_catalogue_grows_to_each_offset() {
        let movie = |title: &str| {
            Some(Movie { movie_id: 1, ts: 0, title: title.into(), genres: Vec::new(), available: true })
        };
        let all = Catalogues { records: vec![(0, movie("a")), (1, None), (2, movie("b"))], high: 3 };
        let mut catalogue = all.begin();
        assert!(catalogue.to(0).unwrap().is_empty());
        assert_eq!(catalogue.to(2).unwrap().title(1), Some("a"));
        assert_eq!(catalogue.to(3).unwrap().title(1), Some("b"));
        assert!(catalogue.to(4).unwrap_err().contains("up to 4, the log has 3"));
    }
}
