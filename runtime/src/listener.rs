//! The HTTP listener: bind first, so that a taken port is said at the start; serve until told to stop; then let
//! open requests finish within a deadline.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::config::Period;

/// Where a service listens: part of its own section, or the section `[listen]` of a whole stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// A name or an address; only this machine reaches the default.
    pub host: String,
    /// 0 takes a free one.
    pub port: u16,
    /// How long open requests may take once the service stops.
    pub drain: Period,
}

impl Default for Config {
    fn default() -> Config {
        Config { host: "127.0.0.1".to_owned(), port: 8080, drain: Period::from_secs(10) }
    }
}

/// A bound address that is not served yet; connections wait in the system's queue.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds `host:port`.
    ///
    /// # Errors
    /// In one line that names the address and what to do.
    pub async fn bind(host: &str, port: u16) -> Result<Listener, Error> {
        let bound = async {
            let socket = TcpListener::bind((host, port)).await?;
            let address = socket.local_addr()?;
            Ok(Listener { socket, address })
        };
        bound.await.map_err(|e: io::Error| refused(host, port, &e))
    }

    /// The address that was bound, with the port that was free where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL for people.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves `router` until `stop` is cancelled, then waits up to `drain` for open requests and leaves the rest.
    /// Handlers get the peer through `ConnectInfo<SocketAddr>`.
    ///
    /// # Errors
    /// When the listener fails by itself.
    pub async fn serve(self, router: Router, stop: CancellationToken, drain: Duration) -> Result<(), Error> {
        let address = self.address;
        // An answer is one small write: waiting for more to send only adds latency.
        let socket = self.socket.tap_io(|stream| drop(stream.set_nodelay(true)));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let stopped = stop.clone().cancelled_owned();
        let served = axum::serve(socket, service).with_graceful_shutdown(stopped).into_future();
        let deadline = async {
            stop.cancelled().await;
            tokio::time::sleep(drain).await;
        };
        tokio::select! {
            served = served => served.map_err(|why| Error::Serve { address, why }),
            () = deadline => {
                tracing::warn!(%address, drain_ms = drain.as_millis(), "requests were still open when the listener closed");
                Ok(())
            }
        }
    }
}

fn refused(host: &str, port: u16, error: &io::Error) -> Error {
    let address = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "address already in use; choose another with --port".to_owned(),
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; choose another with --host".to_owned()
        }
        io::ErrorKind::PermissionDenied => "not permitted; choose a port above 1023 with --port".to_owned(),
        _ => error.to_string(),
    };
    Error::Bind { address, why }
}
