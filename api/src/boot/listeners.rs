//! Where a process is reached: by everybody, and by operators alone.

use anyhow::{Context as _, Result};
use axum::Router;
use stratum_http::edge::Edge;
use stratum_server::ServerConfig;
use tokio::net::TcpListener;

use super::server::Server;
use super::settings::Settings;

/// The files of the data folder that hold the addresses: everybody's, and the one for operators.
pub(super) const ADDRESS_FILES: [&str; 2] = ["address", "operation_address"];

/// The listeners of a process.
pub(super) struct Listeners {
    /// For everybody.
    pub public: TcpListener,
    operation: Option<TcpListener>,
}

impl Listeners {
    /// The listeners of these settings.
    pub(super) async fn bind(settings: &Settings) -> Result<Listeners> {
        let config = &settings.server;
        let public = bind(&config.listen).await?;
        let operation = match config.operation_listen.as_str() {
            "" => None,
            address => {
                Some(bind(address).await.context("[server] operation_listen, empty for none")?)
            }
        };
        Ok(Listeners { public, operation })
    }

    /// The servers of each listener, with the name of the file that tells its address.
    pub(super) fn servers(
        self,
        public: Router,
        operation: Router,
        edge: &Edge,
        config: &ServerConfig,
    ) -> impl Iterator<Item = (Server, &'static str)> {
        let both = [(Some(self.public), public), (self.operation, operation)];
        let (proxies, config) = (edge.proxies.clone(), config.clone());
        both.into_iter().zip(ADDRESS_FILES).filter_map(move |((listener, routes), name)| {
            let (proxies, config) = (proxies.clone(), config.clone());
            Some((Server { listener: listener?, routes, proxies, config }, name))
        })
    }
}

async fn bind(address: &str) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("listening on {address}"))
}
