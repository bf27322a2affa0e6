//! Every store that ships keeps the contract: the conformance suite, run on each.

#[macro_use]
#[path = "support"]
mod support {
    #[cfg(feature = "tls")]
    pub mod certificates;
    #[cfg(feature = "redis")]
    pub mod cluster;
    #[cfg(feature = "redis")]
    pub mod redis;
    #[cfg(feature = "redis")]
    pub mod server;
    #[macro_use]
    pub mod stores;
}

macro_rules! on_each {
    ($($(#[$when:meta])* $store:ident: $fixture:expr, can: $can:tt;)*) => {
        $($(#[$when])* mod $store {
            use super::support::stores::*;

            vimbiso_state::conformance_tests! { $fixture, can: $can }
        })*
    };
}
each_store! { on_each }
