//! What the tests commit.

use crate::id::Direction;
use crate::session::{Record, Version};

/// A record in revision 42, with this option and this menu.
pub(crate) fn record(option: Option<&str>, menu: Option<&str>) -> Record {
    Record {
        version: Version {
            revision: 42,
            tag: 0xab,
        },
        flow: "cafe".into(),
        entered_by: format!("{:032x}", 0xcd).parse().unwrap(),
        format: 3,
        stage: "menu".into(),
        option: option.map(|name| name.to_owned().into()),
        direction: Direction::Out,
        menu: menu.map(|menu| menu.to_owned().into()),
        pending_call: None,
        data: "{}".into(),
    }
}
