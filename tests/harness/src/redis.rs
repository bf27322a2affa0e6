//! Which Redis the tests run on: what `REDIS_URL` names, or else a server of the test's own, or
//! else a container.

use testcontainers::bollard::models::PortBinding;
use testcontainers::core::{ContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

use crate::server::{self, Server};

/// A server for tests that need not kill it. It ends with this handle, unless `REDIS_URL` names it.
pub struct Redis {
    /// The URL of the test's own connections.
    pub url: String,
    origin: Origin,
}

#[allow(dead_code)] // held so that the server ends with the handle
enum Origin {
    Given,
    Private(Server),
    Container(Box<ContainerAsync<GenericImage>>),
}

impl Redis {
    pub async fn any() -> Self {
        if let Ok(url) = std::env::var("REDIS_URL") {
            return Self {
                url,
                origin: Origin::Given,
            };
        }
        if server::program().is_some() {
            return Self::private(Server::start());
        }
        match Self::container().await {
            Ok(redis) => redis,
            Err(why) => panic!(
                "the Redis tests need one of these: redis-server on PATH (apt-get install \
                 redis-server), REDIS_URL, or a Docker engine with the image that \
                 VIMBISO_REDIS_IMAGE names; the last of them failed: {why}"
            ),
        }
    }

    pub fn private(server: Server) -> Self {
        Self {
            url: server.raw_url(),
            origin: Origin::Private(server),
        }
    }

    /// The server, if it is the test's own.
    pub fn own(&self) -> Option<&Server> {
        match &self.origin {
            Origin::Private(server) => Some(server),
            _ => None,
        }
    }

    /// A container of the image that `VIMBISO_REDIS_IMAGE` names. Default: `redis:7`.
    pub async fn container() -> Result<Self, String> {
        let image = std::env::var("VIMBISO_REDIS_IMAGE").unwrap_or_else(|_| "redis:7".to_owned());
        let (name, tag) = image.rsplit_once(':').unwrap_or((&image, "latest"));
        let port = ContainerPort::Tcp(6379);
        // An engine publishes a port on every address of the machine by default.
        let loopback = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: None,
        };
        let image = GenericImage::new(name, tag)
            .with_exposed_port(port)
            .with_wait_for(WaitFor::message_on_stdout("Ready to accept connections"))
            .with_host_config_modifier(move |host| {
                host.publish_all_ports = Some(false);
                host.port_bindings =
                    Some([("6379/tcp".to_owned(), Some(vec![loopback.clone()]))].into());
            });
        let container = image.start().await.map_err(|error| error.to_string())?;
        let host = container.get_host().await;
        let host = host.map_err(|error| error.to_string())?;
        let port = container.get_host_port_ipv4(port).await;
        let port = port.map_err(|error| error.to_string())?;
        Ok(Self {
            url: format!("redis://{host}:{port}"),
            origin: Origin::Container(Box::new(container)),
        })
    }
}

/// A namespace that no other test has.
pub fn namespace() -> String {
    format!("test-{:016x}", rand::random::<u64>())
}
