//! The rows, by what is done to bring the fault about.

mod cluster;
mod data;
mod network;
mod process;
mod refusals;
mod rights;

use crate::row::Row;

pub fn all() -> impl Iterator<Item = &'static Row> {
    let mut rows: Vec<_> = [process::ROWS, network::ROWS, refusals::ROWS, rights::ROWS, data::ROWS, cluster::ROWS].concat();
    rows.sort_by_key(|row| row.number);
    rows.into_iter()
}
