//! The progress of something that has a known length: a bar on a terminal, now and then a line elsewhere.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Where there is no terminal, a line at most so often.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// A bar on stderr.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    what: String,
    unit: &'static str,
    began: Cell<u64>,
    since: Instant,
    line: Cell<Instant>,
}

impl Bar {
    /// A bar for `total` of `unit` that are done for `what`.
    pub fn new(what: &str, unit: &'static str, total: u64) -> Bar {
        let bar = ProgressBar::new(total);
        let form = "{msg:<14} [{bar:32}] {human_pos} of {human_len} UNIT  {per_sec}  ETA {eta}"
            .replace("UNIT", unit);
        if let Ok(style) = ProgressStyle::with_template(&form) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what.to_owned());
        let now = Instant::now();
        Bar { bar, what: what.to_owned(), unit, began: Cell::new(0), since: now, line: Cell::new(now) }
    }

    /// So much was done before; it does not count as speed.
    pub fn begin_at(&self, done: u64) {
        self.began.set(done);
        self.bar.set_position(done);
        self.bar.reset_eta();
    }

    /// So much is done.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.line.get().elapsed() >= LINE_EVERY {
            self.line.set(Instant::now());
            let rate = done.saturating_sub(self.began.get()) as f64 / self.since.elapsed().as_secs_f64();
            let total = self.bar.length().unwrap_or(done);
            eprintln!("{}: {done} of {total} {} ({rate:.0}/s)", self.what, self.unit);
        }
    }

    /// All is done; the bar stays on the terminal.
    pub fn finish(&self) {
        self.bar.finish();
    }
}
