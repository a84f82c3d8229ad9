//! The demo on stderr: lines that stay for what happened, and live ones below them for how it stands. Where there is
//! no terminal, how it stands is said every few seconds instead.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::tally::{Milestone, Tally};
use crate::stack::Observers;

/// How often the live lines are drawn.
const DRAW_EVERY: Duration = Duration::from_millis(250);
/// How often it is said in lines how it stands.
const SAY_EVERY: Duration = Duration::from_secs(5);

/// What is shown. Clones show the same.
#[derive(Clone, Debug)]
pub(super) struct View {
    shown: Arc<Shown>,
}

#[derive(Debug)]
struct Shown {
    began: Instant,
    tally: Mutex<Tally>,
    screen: MultiProgress,
    lines: Vec<ProgressBar>,
    training: ProgressBar,
}

impl View {
    /// A view of a demo that began at `began`.
    pub fn new(began: Instant) -> View {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let line = |form: &str| {
            let bar = screen.add(ProgressBar::new(1));
            if let Ok(style) = ProgressStyle::with_template(form) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        };
        let lines = (0..Tally::default().lines().len()).map(|_| line("  {prefix:<11} {msg}")).collect();
        let training = line("  training    [{bar:32}] {msg}");
        View { shown: Arc::new(Shown { began, tally: Mutex::default(), screen, lines, training }) }
    }

    /// Says a line that stays.
    pub fn say(&self, text: &str) {
        let line = format!("{:6.1} s  {text}", self.shown.began.elapsed().as_secs_f64());
        self.print(&line);
    }

    /// Says lines that stay, without a time.
    pub fn print(&self, text: &str) {
        if self.is_live() {
            // A terminal that went away has nobody to tell.
            drop(self.shown.screen.println(text));
        } else {
            eprintln!("{text}");
        }
    }

    /// The tally, for a moment.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.shown.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes something in, and says it if it is worth a line.
    pub fn take(&self, fold: impl FnOnce(&mut Tally) -> Milestone) {
        let said = fold(&mut self.tally());
        if let Some(said) = said {
            self.say(&said);
        }
    }

    /// How long the demo has run.
    pub fn since(&self) -> Duration {
        self.shown.began.elapsed()
    }

    /// Observers for the stack, which show what they are told.
    pub fn observers(&self) -> Observers {
        let (a, b, c) = (self.clone(), self.clone(), self.clone());
        Observers {
            ingestor: Arc::new(move |happening| a.take(|tally| tally.ingestor(&happening))),
            trainer: Arc::new(move |happening| b.take(|tally| tally.trainer(&happening))),
            recommender: Arc::new(move |happening| c.take(|tally| tally.recommender(&happening))),
        }
    }

    /// Keeps showing how it stands until `stop`; then the live lines are gone.
    pub async fn run(self, stop: CancellationToken) {
        let every = if self.is_live() { DRAW_EVERY } else { SAY_EVERY };
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(every) => self.refresh(),
            }
        }
        self.shown.lines.iter().chain([&self.shown.training]).for_each(ProgressBar::finish_and_clear);
    }

    fn refresh(&self) {
        let (lines, training) = {
            let tally = self.tally();
            (tally.lines(), tally.training.clone())
        };
        if !self.is_live() {
            let [events, _, _, requests, _] = lines;
            return self.say(&format!("events {}; requests {}", events.1, requests.1));
        }
        for (bar, (what, how)) in self.shown.lines.iter().zip(lines) {
            bar.set_prefix(what);
            bar.set_message(how);
        }
        let bar = &self.shown.training;
        match training {
            Some(training) => {
                bar.set_length(training.total.into());
                bar.set_position(training.done.into());
                bar.set_message(format!("{} {}/{}", training.what, training.done, training.total));
            }
            None => {
                bar.set_position(0);
                bar.set_message("nothing to do");
            }
        }
    }

    fn is_live(&self) -> bool {
        !self.shown.screen.is_hidden()
    }
}
