//! After the commit.

mod actions;
mod bank;
mod design;
mod lanes;
mod process;
mod promises;
mod quiet;
mod request;
mod scenario;
mod scenarios;
mod server;
mod work;
mod world;

pub use actions::Action;
pub use design::Design;
pub use process::Part;
pub use request::{Lane, Message, Question};
pub use scenario::{Faults, Index, Repeats, Says, Scenario, Ticks};
pub use scenarios::SCENARIOS;
pub use work::Effort;
pub use world::World;
