//! Which Redis the tests run on: `REDIS_URL` where one is given, else a server of the test's own, else a container.

use testcontainers::bollard::models::PortBinding;
use testcontainers::core::{ContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

use crate::server::{self, Server};

/// A server for tests that need not kill it. It goes with this handle, unless it was given.
pub struct Redis {
    /// Where the test itself connects to.
    pub url: String,
    kept: Kept,
}

#[allow(dead_code)] // held, never read
enum Kept {
    Given,
    Private(Server),
    Container(Box<ContainerAsync<GenericImage>>),
}

impl Redis {
    pub async fn any() -> Self {
        if let Ok(url) = std::env::var("REDIS_URL") {
            return Self {
                url,
                kept: Kept::Given,
            };
        }
        if server::program().is_some() {
            return Self::private(Server::start());
        }
        match Self::container().await {
            Ok(redis) => redis,
            Err(why) => panic!(
                "the Redis tests need one of these: redis-server on PATH (apt-get install redis-server), REDIS_URL, or a Docker \
                 engine with the image that VIMBISO_REDIS_IMAGE names; the last of them failed: {why}"
            ),
        }
    }

    pub fn private(server: Server) -> Self {
        Self {
            url: server.raw_url(),
            kept: Kept::Private(server),
        }
    }

    /// The server, where it is the test's own.
    pub fn own(&self) -> Option<&Server> {
        match &self.kept {
            Kept::Private(server) => Some(server),
            _ => None,
        }
    }

    /// A container of the image that `VIMBISO_REDIS_IMAGE` names, `redis:7` unless set.
    pub async fn container() -> Result<Self, String> {
        let image = std::env::var("VIMBISO_REDIS_IMAGE").unwrap_or_else(|_| "redis:7".to_owned());
        let (name, tag) = image.rsplit_once(':').unwrap_or((&image, "latest"));
        let port = ContainerPort::Tcp(6379);
        // On loopback alone: unless told otherwise, an engine publishes a port on every address of the machine.
        let binding = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: None,
        };
        let image = GenericImage::new(name, tag)
            .with_exposed_port(port)
            .with_wait_for(WaitFor::message_on_stdout("Ready to accept connections"))
            .with_host_config_modifier(move |host| {
                host.publish_all_ports = Some(false);
                host.port_bindings =
                    Some([("6379/tcp".to_owned(), Some(vec![binding.clone()]))].into());
            });
        let container = image.start().await.map_err(|error| error.to_string())?;
        let host = container
            .get_host()
            .await
            .map_err(|error| error.to_string())?;
        let port = container
            .get_host_port_ipv4(port)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self {
            url: format!("redis://{host}:{port}"),
            kept: Kept::Container(Box::new(container)),
        })
    }
}

/// A namespace that no other test has.
pub fn namespace() -> String {
    format!("test-{:016x}", rand::random::<u64>())
}
