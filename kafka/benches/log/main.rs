//! The speed of the log, each figure beside what the machine allows in the same run.
//!
//! `scripts/bench-log` runs it. Records have 100 bytes; files are in `TMPDIR`.

#![allow(clippy::unwrap_used, reason = "a measurement that fails ends")]

mod across;
mod floor;
mod rates;

use std::path::Path;
use std::time::Duration;

use kafka::{Config, Declaration, Log, Record};
use tokio::runtime::Runtime;

/// The size of a record's value.
const VALUE_BYTES: usize = 100;
/// How long each rate is taken.
const SPAN: Duration = Duration::from_secs(3);

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let runtime = Runtime::new().unwrap();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write-paced", path, count] => {
            runtime.block_on(across::write_paced(Path::new(path), count.parse().unwrap()));
        }
        ["write-hard", path] => println!("{}", runtime.block_on(across::write_hard(Path::new(path)))),
        // `cargo test --benches` comes without this.
        arguments if arguments.contains(&"--bench") => measure(&runtime),
        _ => println!("run me by: cargo bench -p kafka"),
    }
}

fn measure(runtime: &Runtime) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    println!("{:<58} {:>12}", "records of 100 bytes", "a second");
    let line = |name: &str, rate: f64| println!("{name:<58} {rate:>12.0}");

    line("write 4 KiB and fdatasync (the disk)", floor::syncs(&at("sync")));
    line("bare SQLite, one insert a transaction", floor::inserts(&at("one.sqlite"), 1));
    line("append, each awaited", runtime.block_on(rates::append_awaited(&at("awaited"))));
    line("append, 256 at once, each awaited", runtime.block_on(rates::append_at_once(&at("at-once"), 256)));
    println!();
    line("bare SQLite, 10,000 inserts a transaction", floor::inserts(&at("many.sqlite"), 10_000));
    line("append_all of 1,000, 8 at once", runtime.block_on(rates::append_batches(&at("batches"))));
    println!();
    line("bare SQLite, select", floor::selects(&at("many.sqlite")));
    line("read of 1,000", runtime.block_on(rates::read(&at("batches"))));
    println!();
    println!("{:<58} {:>8} {:>8} {:>8}", "latency, ms", "p50", "p99", "max");
    across::latencies(runtime, &at("latency"));
    println!();
    runtime.block_on(across::two_writers(&at("two")));
}

/// A log at this path with a topic `t` of one partition.
async fn open(path: &Path) -> Log {
    let log = Log::open(&Config::embedded(path)).await.unwrap();
    log.declare(&[Declaration::new("t", 1)]).await.unwrap();
    log
}

fn record() -> Record {
    Record::new("7", [7; VALUE_BYTES], 1_700_000_000_000)
}
