//! The demo on stderr: lines that stay for what happened, and live ones below them for how it stands. Where there is
//! no terminal, how it stands is said every few seconds instead.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::screen::Screen;
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
    /// Where there is a terminal.
    screen: Option<Mutex<Screen>>,
}

impl View {
    /// A view of a demo that began at `began`.
    pub fn new(began: Instant) -> View {
        let screen = std::io::stderr().is_terminal().then(Mutex::default);
        View { shown: Arc::new(Shown { began, tally: Mutex::default(), screen }) }
    }

    /// Says a line that stays.
    pub fn say(&self, text: &str) {
        let line = format!("{:6.1} s  {text}", self.shown.began.elapsed().as_secs_f64());
        self.print(&line);
    }

    /// Says lines that stay, without a time.
    pub fn print(&self, text: &str) {
        match &self.shown.screen {
            Some(screen) => write(screen, |screen| screen.stay(text)),
            None => eprintln!("{text}"),
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
        let every = if self.shown.screen.is_some() { DRAW_EVERY } else { SAY_EVERY };
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(every) => self.refresh(),
            }
        }
        if let Some(screen) = &self.shown.screen {
            write(screen, |screen| screen.show(Vec::new()));
        }
    }

    fn refresh(&self) {
        let (lines, training) = {
            let tally = self.tally();
            (tally.lines(), tally.training())
        };
        let Some(screen) = &self.shown.screen else {
            let [events, _, _, requests, latency, ..] = lines;
            return self.say(&format!("events {}; requests {} | {}", events.1, requests.1, latency.1));
        };
        let lines = lines.into_iter().chain([("training", training)]);
        let live = lines.map(|(what, how)| format!("  {what:<11} {how}")).collect();
        write(screen, |screen| screen.show(live));
    }
}

/// Writes what the change says, in the order of the changes.
fn write(screen: &Mutex<Screen>, change: impl FnOnce(&mut Screen) -> String) {
    let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
    // A terminal that went away has nobody to tell.
    drop(std::io::stderr().write_all(change(&mut screen).as_bytes()));
}
