//! From signals to one token that everything watches.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::Error;

/// The exit code after a second interrupt, as shells report one.
const INTERRUPTED: i32 = 130;

/// A token that the first SIGINT or SIGTERM cancels. A second one ends the process at once, for whoever does not
/// want to wait for the drain; whatever was acknowledged is durable already.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn on_signal() -> Result<CancellationToken, Error> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        let name = either(&mut interrupt, &mut terminate).await;
        tracing::info!(signal = name, "stopping; once more to stop at once");
        stop.cancel();
        let name = either(&mut interrupt, &mut terminate).await;
        tracing::warn!(signal = name, "stopped at once");
        exit_now();
    });
    Ok(token)
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}

#[expect(clippy::disallowed_methods, reason = "a second signal asks not to drain")]
fn exit_now() -> ! {
    std::process::exit(INTERRUPTED)
}
