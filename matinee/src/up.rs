//! `matinee up`: the stack until somebody ends it.

use anyhow::Result;
use runtime::config::Layers;

use crate::cli::{Common, Listen, Up};
use crate::output;
use crate::settings::{self, Settings};
use crate::stack::{Observers, Stack};

/// Runs the stack until SIGINT or SIGTERM.
///
/// # Errors
/// The settings are wrong, the stack cannot start, or a part of it failed.
pub async fn run(common: &Common, options: Up) -> Result<()> {
    let mut layers = settings::layers(common.config.as_deref())?;
    listen(&mut layers, &options.listen);
    let settings = Settings::read(&layers, &common.data())?;
    runtime::telemetry::init(&settings.telemetry)?;
    let stop = runtime::shutdown::on_signal()?;
    let stack = Stack::start(&settings, Observers::none(), stop).await?;
    output::line(&format!("matinee is up: {} (data: {})", stack.url, settings.data.display()))?;
    stack.wait().await
}

/// Puts the options of the command line above the configuration.
pub(crate) fn listen(layers: &mut Layers, options: &Listen) {
    if let Some(host) = &options.host {
        layers.set("--host", "listener.host", host.as_str());
    }
    if let Some(port) = options.port {
        layers.set("--port", "listener.port", port);
    }
}
