//! `matinee import movielens DIR`: a catalogue and its ratings from files into the log.
//!
//! Both files are read whole first, so that a bad row is said before anything is appended. Then their rows go into
//! the log in the order of the file and in batches, each counted once it is acknowledged.

mod csv;
mod dat;
mod error;
mod progress;
mod rows;
mod source;
mod survey;

use std::path::Path;
use std::time::Instant;

use kafka::{Log, Record};
use registry::sha256;
use schemas::{Codec, Movie, RateEvent, topic};
use serde::Serialize;

pub use error::Error;
pub use survey::Files;

use crate::bar::Bar;
use progress::{Folder, Landmark, Progress};
use survey::Survey;

/// Rows that are acknowledged at once: the most that a crash can append a second time.
const BATCH: usize = 5_000;

/// What an import did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Movies that went into the log.
    pub movies: u64,
    /// Ratings that went into the log.
    pub ratings: u64,
    /// Rows that an earlier import had put there.
    pub skipped: u64,
    /// How long it took.
    pub seconds: f64,
    /// The SHA-256 of the file of ratings: which data set it was.
    pub ratings_sha256: String,
}

/// Imports a MovieLens into the log, whose data folder keeps the progress.
///
/// A movie's time is the newest rating's: the files say nothing about it, the file system's time is not the data's,
/// and by then the catalogue was as the files have it. So the same files make the same records.
///
/// # Errors
/// The log or the data folder cannot be written, and then running it again goes on from there.
pub async fn movielens(log: &Log, data: &Path, files: &Files) -> Result<Report, Error> {
    let began = Instant::now();
    let folder = Folder::hold(data)?;
    let Files { source, movies, ratings, newest_ts } = files;
    let codec = Codec::new();
    let movie_records = source.movies()?.map(|movie| movie_record(&codec, movie?.value, *newest_ts));
    let rate_records = source.ratings()?.map(|rate| rate_record(&codec, &rate?.value));

    let movies_skipped = append(log, &folder, topic::CATALOG_UPDATES, movies, movie_records).await?;
    let ratings_skipped = append(log, &folder, topic::RATE_EVENTS, ratings, rate_records).await?;
    Ok(Report {
        movies: movies.rows - movies_skipped,
        ratings: ratings.rows - ratings_skipped,
        skipped: movies_skipped + ratings_skipped,
        seconds: began.elapsed().as_secs_f64(),
        ratings_sha256: ratings.sha256.clone(),
    })
}

/// Appends the rows of one file that are not in the log yet. Returns how many were there already.
async fn append(
    log: &Log,
    folder: &Folder,
    topic: &str,
    survey: &Survey,
    records: impl Iterator<Item = Result<Record, Error>>,
) -> Result<u64, Error> {
    let mut progress = resumed(log, folder, survey).await?;
    let skipped = progress.rows_done;
    let bar = Bar::new(&survey.name, "rows", survey.rows);
    bar.begin_at(skipped);
    // What was done before is parsed again and not encoded into batches: rows have no fixed length to seek by.
    let mut records = records.skip(usize::try_from(skipped).unwrap_or(usize::MAX));
    loop {
        let batch: Vec<Record> = records.by_ref().take(BATCH).collect::<Result<_, _>>()?;
        let Some(last) = batch.last() else { break };
        let value_sha256 = sha256::hex_of(last.value.as_deref().unwrap_or_default());
        let rows = batch.len() as u64;
        let positions = log.append_all(topic, batch).await?;
        progress.last = positions.into_iter().next_back().map(|position| Landmark { position, value_sha256 });
        progress.rows_done += rows;
        folder.write(&progress)?;
        bar.set(progress.rows_done);
    }
    bar.finish();
    Ok(skipped)
}

/// Where the import of a file stands. Progress whose last record is not in this log is another log's: that file
/// was deleted or replaced, and its rows are not here.
async fn resumed(log: &Log, folder: &Folder, survey: &Survey) -> Result<Progress, Error> {
    let fresh = Progress {
        format: progress::FORMAT,
        file: survey.name.clone(),
        sha256: survey.sha256.clone(),
        rows: survey.rows,
        rows_done: 0,
        last: None,
    };
    let Some(known) = folder.read(&survey.sha256)? else { return Ok(fresh) };
    match &known.last {
        Some(landmark) if stands(log, landmark).await? => Ok(known),
        None => Ok(fresh),
        Some(landmark) => {
            let position = &landmark.position;
            tracing::warn!(file = known.file, %position, "the log does not hold what was imported before: importing it again");
            Ok(fresh)
        }
    }
}

/// Whether the log has this record there.
async fn stands(log: &Log, landmark: &Landmark) -> Result<bool, Error> {
    let schemas::Position { topic, partition, offset } = &landmark.position;
    let there = match log.read(topic, *partition, *offset, 1, 1).await {
        Err(kafka::Error::OutOfRange { .. }) => return Ok(false),
        there => there?,
    };
    let value =
        there.first().filter(|stored| stored.offset == *offset).and_then(|stored| stored.value.as_deref());
    Ok(value.is_some_and(|value| sha256::hex_of(value) == landmark.value_sha256))
}

fn movie_record(codec: &Codec, movie: Movie, ts: i64) -> Result<Record, Error> {
    let movie = Movie { ts, ..movie };
    Ok(Record::new(movie.movie_id.to_string(), codec.encode(&movie)?, ts))
}

fn rate_record(codec: &Codec, rate: &RateEvent) -> Result<Record, Error> {
    Ok(Record::new(rate.user_id.to_string(), codec.encode(rate)?, rate.ts))
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Report { movies, ratings, skipped, seconds, .. } = self;
        match (movies + ratings, skipped) {
            (0, 1..) => write!(f, "already imported: all {skipped} rows are in the log"),
            (_, 0) => write!(f, "imported {movies} movies and {ratings} ratings in {seconds:.1} s"),
            _ => write!(
                f,
                "imported {movies} movies and {ratings} ratings in {seconds:.1} s; {skipped} rows were in the log already"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct Setting {
        folder: tempfile::TempDir,
        log: Log,
    }

    impl Setting {
        async fn new() -> Setting {
            let folder = tempfile::tempdir().unwrap();
            let log = Log::open(&kafka::Config::embedded(folder.path().join("log.sqlite"))).await.unwrap();
            log.declare(&kafka::declared()).await.unwrap();
            Setting { folder, log }
        }

        fn movielens(&self, ratings: usize) -> PathBuf {
            let dir = self.folder.path().join("ml");
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join("movies.csv"), "movieId,title,genres\n1,Heat (1995),Action\n").unwrap();
            let rows = (0..ratings).map(|n| format!("{},1,4.0,{n}\n", n % 50));
            let text = format!("userId,movieId,rating,timestamp\n{}", rows.collect::<String>());
            std::fs::write(dir.join("ratings.csv"), text).unwrap();
            dir
        }

        async fn import(&self, dir: &Path) -> Result<Report, Error> {
            movielens(&self.log, self.folder.path(), &Files::survey(dir)?).await
        }

        async fn in_log(&self) -> i64 {
            let mut records = 0;
            for partition in 0..6 {
                records += self.log.watermarks(topic::RATE_EVENTS, partition).await.unwrap().high;
            }
            records
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn twice_is_once() {
        let setting = Setting::new().await;
        let dir = setting.movielens(BATCH + 10);
        let first = setting.import(&dir).await.unwrap();
        assert_eq!((first.movies, first.ratings, first.skipped), (1, BATCH as u64 + 10, 0));
        let second = setting.import(&dir).await.unwrap();
        assert_eq!((second.movies, second.ratings, second.skipped), (0, 0, BATCH as u64 + 11));
        assert!(second.to_string().starts_with("already imported"));
        assert_eq!(setting.in_log().await, BATCH as i64 + 10);
        let movie = &setting.log.read(topic::CATALOG_UPDATES, 0, 0, 10, 1 << 20).await.unwrap()[0];
        let newest_ts = (BATCH as i64 + 9) * 1000;
        assert_eq!((movie.key.as_deref(), movie.timestamp_ms), (Some(&b"1"[..]), newest_ts));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_import_goes_on_from_the_last_acknowledged_batch() {
        let setting = Setting::new().await;
        let dir = setting.movielens(BATCH + 10);
        setting.import(&dir).await.unwrap();
        let sha256 = source::sha256(&dir.join("ratings.csv")).unwrap();
        let folder = Folder::hold(setting.folder.path()).unwrap();
        let mut progress = folder.read(&sha256).unwrap().unwrap();
        progress.rows_done = BATCH as u64;
        folder.write(&progress).unwrap();
        drop(folder);
        let again = setting.import(&dir).await.unwrap();
        assert_eq!((again.ratings, setting.in_log().await), (10, BATCH as i64 + 20));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_new_log_gets_everything_again() {
        let setting = Setting::new().await;
        let dir = setting.movielens(20);
        setting.import(&dir).await.unwrap();
        let fresh = kafka::Config::embedded(setting.folder.path().join("other.sqlite"));
        let other = Log::open(&fresh).await.unwrap();
        other.declare(&kafka::declared()).await.unwrap();
        let report = movielens(&other, setting.folder.path(), &Files::survey(&dir).unwrap()).await.unwrap();
        assert_eq!((report.ratings, report.skipped), (20, 0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_bad_row_is_said_before_anything_is_appended() {
        let setting = Setting::new().await;
        let dir = setting.movielens(20);
        let mut text = std::fs::read_to_string(dir.join("ratings.csv")).unwrap();
        text.push_str("1,1,9,5\n");
        std::fs::write(dir.join("ratings.csv"), text).unwrap();
        let error = setting.import(&dir).await.unwrap_err().to_string();
        assert!(error.contains("ratings.csv:22: rating is 9, outside of 0.5..=5"), "{error}");
        assert_eq!(setting.in_log().await, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_without_rows_is_no_data_set() {
        let setting = Setting::new().await;
        let error = setting.import(&setting.movielens(0)).await.unwrap_err().to_string();
        assert!(error.ends_with("ratings.csv has no ratings"), "{error}");
        let dir = setting.movielens(1);
        std::fs::write(dir.join("movies.csv"), "movieId,title,genres\n").unwrap();
        let error = setting.import(&dir).await.unwrap_err().to_string();
        assert!(error.ends_with("movies.csv has no movies"), "{error}");
    }
}
