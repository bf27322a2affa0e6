//! A whole bot: the example, and workers in processes of their own, which share a Redis and are
//! killed.

mod example;
mod faults;
mod ledger;
mod worker;
mod workers;
