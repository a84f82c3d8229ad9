//! Records a second, in one process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::{SPAN, open, record};

/// One after the other.
pub async fn append_awaited(path: &Path) -> f64 {
    append_at_once(path, 1).await
}

/// By so many tasks, each one after the other.
pub async fn append_at_once(path: &Path, tasks: usize) -> f64 {
    let (log, began, count) = (open(path).await, Instant::now(), Arc::new(AtomicU64::new(0)));
    let work = |_| {
        let (log, count) = (log.clone(), count.clone());
        tokio::spawn(async move {
            while began.elapsed() < SPAN {
                log.append("t", record()).await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    for task in (0..tasks).map(work).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

/// A thousand at a time, by eight tasks.
pub async fn append_batches(path: &Path) -> f64 {
    let (log, began, count) = (open(path).await, Instant::now(), Arc::new(AtomicU64::new(0)));
    let work = |_| {
        let (log, count) = (log.clone(), count.clone());
        tokio::spawn(async move {
            while began.elapsed() < SPAN {
                log.append_all("t", vec![record(); 1_000]).await.unwrap();
                count.fetch_add(1_000, Ordering::Relaxed);
            }
        })
    };
    for task in (0..8).map(work).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

/// A thousand at a time, from the beginning again at the end.
pub async fn read(path: &Path) -> f64 {
    let log = open(path).await;
    let (began, mut count, mut from) = (Instant::now(), 0, 0);
    while began.elapsed() < SPAN {
        let records = log.read("t", 0, from, 1_000, usize::MAX).await.unwrap();
        count += records.len();
        from = records.last().map_or(0, |last| last.offset + 1);
    }
    count as f64 / began.elapsed().as_secs_f64()
}
