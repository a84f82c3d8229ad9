//! Waiting for a stack that cannot answer yet.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How long a stack may take: it looks for new events, makes a snapshot and fits a first model.
pub(super) const LONGEST: Duration = Duration::from_secs(60);
/// How often it is asked.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// What `/readyz` says, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Readyz {
    checks: BTreeMap<String, Check>,
}

#[derive(Debug, Deserialize)]
struct Check {
    status: String,
    reason: Option<String>,
}

/// Waits until the stack at `url` says that it can answer, `longest` at most, or until `stop` is cancelled. Says on
/// stderr that it waits; `false` where that was in vain.
///
/// # Errors
/// The stack is gone.
pub(super) async fn wait(
    client: &reqwest::Client,
    url: &str,
    longest: Duration,
    stop: &CancellationToken,
) -> Result<bool> {
    let began = Instant::now();
    let mut told = false;
    while !stop.is_cancelled() {
        let response = client.get(format!("{url}/readyz")).send().await;
        let response = response.with_context(|| format!("the stack at {url} has gone away"))?;
        if response.status().is_success() {
            return Ok(true);
        }
        let says = failing(&response.text().await?);
        if began.elapsed() >= longest {
            // What people do without a list may be what the first model lacks.
            eprintln!("not ready after {} s ({says}); the audience asks all the same", longest.as_secs());
            return Ok(false);
        }
        if !told {
            eprintln!(
                "waiting until {url}/readyz is ready, for {} s at most; now it says {says}",
                longest.as_secs()
            );
            told = true;
        }
        sleep(ASK_EVERY).await;
    }
    Ok(false)
}

/// The checks that fail, with their reasons; a body that is none of ours as it is.
fn failing(body: &str) -> String {
    let Ok(Readyz { checks }) = serde_json::from_str(body) else { return format!("`{}`", body.trim()) };
    let failing = checks.iter().filter(|(_, check)| check.status != "ok");
    let says = failing
        .map(|(name, Check { status, reason })| format!("{name}: {}", reason.as_deref().unwrap_or(status)));
    says.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::*;

    const NOT_YET: &str = r#"{"status":"failing","checks":{"a":{"status":"ok"},"model":{"status":"failing","reason":"no model"}}}"#;

    async fn stack(status: StatusCode) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/readyz", get(move || async move { (status, NOT_YET) }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    async fn waited(url: &str, stop: &CancellationToken) -> bool {
        wait(&crate::audience::driver::client().unwrap(), url, Duration::ZERO, stop).await.unwrap()
    }

    #[tokio::test]
    async fn a_stack_is_waited_for_and_not_for_ever() {
        let stop = CancellationToken::new();
        assert!(waited(&stack(StatusCode::OK).await, &stop).await);
        let url = stack(StatusCode::SERVICE_UNAVAILABLE).await;
        assert!(!waited(&url, &stop).await);
        stop.cancel();
        assert!(!waited(&url, &stop).await);
    }

    #[test]
    fn what_fails_is_said_with_its_reason() {
        assert_eq!(failing(NOT_YET), "model: no model");
    }

    #[test]
    fn another_body_is_shown_as_it_is() {
        assert_eq!(failing("busy\n"), "`busy`");
    }
}
