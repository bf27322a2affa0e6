//! The open offers between two accounts.

use jiff::civil::Date;

use crate::api::records::Side;

pub(crate) struct Offer {
    pub(crate) id: String,
    /// The id of the account that makes the offer.
    pub(crate) from: String,
    /// The id of the account that the offer is made to.
    pub(crate) to: String,
    pub(crate) cents: i64,
    pub(crate) secured: bool,
    pub(crate) due: Option<Date>,
}

impl Offer {
    /// The id of the account for which this is an incoming or an outgoing offer.
    pub(crate) fn account(&self, side: Side) -> &str {
        match side {
            Side::In => &self.to,
            Side::Out => &self.from,
        }
    }

    /// The id of the account on the other side.
    pub(crate) fn counterparty(&self, side: Side) -> &str {
        match side {
            Side::In => &self.from,
            Side::Out => &self.to,
        }
    }
}
