//! The rows, by what is done to bring the fault about.

mod addresses;
mod cluster;
mod data;
mod gateways;
mod network;
mod process;
mod records;
mod refusals;
mod rights;
mod tls;

use crate::row::Row;

pub fn all() -> impl Iterator<Item = &'static Row> {
    let mut rows: Vec<_> = [
        process::ROWS,
        network::ROWS,
        tls::ROWS,
        cluster::ROWS,
        refusals::ROWS,
        rights::ROWS,
        data::ROWS,
        addresses::ROWS,
        gateways::ROWS,
        records::ROWS,
    ]
    .concat();
    rows.sort_by_key(|row| row.number);
    rows.into_iter()
}
