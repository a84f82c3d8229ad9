//! A signal to this very process.

use std::process::Command;
use std::time::Duration;

#[tokio::test]
async fn the_first_signal_cancels_the_token() {
    let stop = runtime::shutdown::on_signal().unwrap();
    assert!(!stop.is_cancelled());
    let sent =
        Command::new("sh").arg("-c").arg(format!("kill -TERM {}", std::process::id())).status().unwrap();
    assert!(sent.success());
    tokio::time::timeout(Duration::from_secs(10), stop.cancelled()).await.unwrap();
}
