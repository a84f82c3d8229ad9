//! The progress of something that has a known length: a bar on a terminal, now and then a line elsewhere.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressState, ProgressStyle};

/// Where there is no terminal, a line at most so often.
const LINE_EVERY: Duration = Duration::from_secs(2);
/// The bar takes what the words leave of the terminal's width.
const FORM: &str = "{msg} [{wide_bar}] {human_pos} of {human_len} UNIT  {pace}";

/// A bar on stderr.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    what: String,
    unit: &'static str,
    /// Where it began: what was done before does not count as speed.
    began: Arc<AtomicU64>,
    since: Instant,
    line: Cell<Instant>,
}

impl Bar {
    /// A bar for `total` of `unit` that are done for `what`.
    pub fn new(what: &str, unit: &'static str, total: u64) -> Bar {
        let (bar, began, since) = (ProgressBar::new(total), Arc::new(AtomicU64::new(0)), Instant::now());
        if let Ok(style) = ProgressStyle::with_template(&FORM.replace("UNIT", unit)) {
            let began = began.clone();
            let pace = move |state: &ProgressState, to: &mut dyn Write| {
                let (from, done) = (began.load(Ordering::Relaxed), state.pos());
                let pace = Pace::of(from, done, state.len().unwrap_or(done), since.elapsed());
                // It is written into a string, which always takes it.
                write!(to, "{pace}").unwrap_or_default();
            };
            bar.set_style(style.progress_chars("=> ").with_key("pace", pace));
        }
        bar.set_message(what.to_owned());
        Bar { bar, what: what.to_owned(), unit, began, since, line: Cell::new(since) }
    }

    /// So much was done before; it does not count as speed.
    pub fn begin_at(&self, done: u64) {
        self.began.store(done, Ordering::Relaxed);
        self.bar.set_position(done);
    }

    /// So much is done.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.line.get().elapsed() >= LINE_EVERY {
            self.line.set(Instant::now());
            let total = self.bar.length().unwrap_or(done);
            let pace = Pace::of(self.began.load(Ordering::Relaxed), done, total, self.since.elapsed());
            eprintln!("{}: {} of {} {}, {pace}", self.what, HumanCount(done), HumanCount(total), self.unit);
        }
    }

    /// All is done; the bar stays on the terminal.
    pub fn finish(&self) {
        self.bar.finish();
    }
}

/// How fast it goes, and how long it still takes.
#[derive(Debug, PartialEq, Eq)]
struct Pace {
    per_s: u64,
    left: Option<Duration>,
}

impl Pace {
    fn of(from: u64, done: u64, total: u64, elapsed: Duration) -> Pace {
        let per_s = done.saturating_sub(from) as f64 / elapsed.as_secs_f64().max(1e-3);
        let left_s = total.saturating_sub(done) as f64 / per_s;
        Pace { per_s: per_s as u64, left: Duration::try_from_secs_f64(left_s).ok() }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", HumanCount(self.per_s))?;
        match self.left {
            Some(left) if !left.is_zero() => write!(f, "  ETA {:#}", HumanDuration(left)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_was_skipped_is_no_speed() {
        assert_eq!(Pace::of(600_000, 600_000, 1_000_000, SECOND), Pace { per_s: 0, left: None });
        let pace = Pace::of(600_000, 700_000, 1_000_000, SECOND);
        assert_eq!(pace, Pace { per_s: 100_000, left: Some(SECOND * 3) });
    }

    #[test]
    fn speed_has_no_decimals() {
        let pace = Pace::of(0, 1_861_248, 25_000_095, SECOND * 3);
        assert_eq!(pace.to_string(), "620,416/s  ETA 37s");
        assert_eq!(Pace::of(0, 9, 9, Duration::ZERO).to_string(), "9,000/s");
    }
}
