//! The runs in which every promise must hold: first the money, then replies, then both, then
//! wake-ups.

use crate::outbox::design::Design;
use crate::outbox::scenario::{Faults, Index, Repeats, Says, Scenario};

const NO: Faults = Faults::NONE;

/// Two messages answer the same question with yes. Replies are not looked at.
const MONEY: Scenario = Scenario {
    name: "",
    says: &[Says::Yes(0), Says::Yes(0)],
    deliveries: &[&[0], &[1]],
    replies: false,
    capacity: 3,
    repeats: Repeats::Always,
    index: Index::SameServer,
    sweepers: 1,
    faults: NO,
    design: Design::WHOLE,
};

/// Two messages are answered.
const REPLIES: Scenario = Scenario {
    says: &[Says::Hello, Says::Hello],
    replies: true,
    ..MONEY
};

/// A call, and a message while it is pending.
const LANES: Scenario = Scenario {
    says: &[Says::Yes(0), Says::Hello],
    ..REPLIES
};

/// Two messages are answered, and the index is on another server.
const HINTS: Scenario = Scenario {
    index: Index::Hints,
    ..REPLIES
};

/// The runs in which every promise must hold.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "money: a bank that knows keys",
        faults: Faults {
            deaths: 1,
            stops: 1,
            lost: 1,
            slow: 1,
            ..NO
        },
        ..MONEY
    },
    Scenario {
        name: "money: a bank that forgets keys",
        repeats: Repeats::For(1),
        sweepers: 2,
        faults: Faults {
            deaths: 1,
            lost: 1,
            slow: 1,
            ..NO
        },
        ..MONEY
    },
    Scenario {
        name: "money: a bank that forgets keys, a failover",
        repeats: Repeats::For(1),
        faults: Faults {
            deaths: 1,
            unsent: 1,
            slow: 1,
            failovers: 1,
            ..NO
        },
        ..MONEY
    },
    Scenario {
        name: "money: a bank without keys",
        repeats: Repeats::Never,
        faults: Faults {
            stops: 1,
            lost: 1,
            unsent: 1,
            slow: 1,
            ..NO
        },
        ..MONEY
    },
    Scenario {
        name: "money: a bank without keys, a failover that is waited for",
        repeats: Repeats::Never,
        faults: Faults {
            deaths: 1,
            unsent: 1,
            slow: 1,
            failovers: 1,
            ..NO
        },
        design: Design {
            waits_for_replica: true,
            ..Design::WHOLE
        },
        ..MONEY
    },
    Scenario {
        name: "money: a second question, late copies",
        says: &[Says::Yes(0), Says::Yes(0), Says::Yes(1)],
        deliveries: &[&[0, 2], &[1]],
        faults: Faults {
            deaths: 1,
            copies: 1,
            ..NO
        },
        ..MONEY
    },
    Scenario {
        name: "money: a second question, a failover",
        says: &[Says::Yes(0), Says::Yes(0), Says::Yes(1)],
        deliveries: &[&[0, 2], &[1]],
        faults: Faults {
            lost: 1,
            failovers: 1,
            ..NO
        },
        ..MONEY
    },
    Scenario {
        name: "money: expiry and evictions",
        faults: Faults {
            deaths: 1,
            expiries: 1,
            evictions: 1,
            ..NO
        },
        ..MONEY
    },
    Scenario {
        name: "replies: deaths",
        says: &[Says::Hello, Says::Hello, Says::Hello],
        deliveries: &[&[0, 2], &[1]],
        faults: Faults {
            deaths: 2,
            unsent: 1,
            ..NO
        },
        ..REPLIES
    },
    Scenario {
        name: "replies: a stop, lost answers and late copies",
        faults: Faults {
            stops: 1,
            lost: 1,
            copies: 1,
            ..NO
        },
        ..REPLIES
    },
    Scenario {
        name: "replies: unknown commits and settles",
        sweepers: 2,
        faults: Faults {
            given_up: 1,
            copies: 1,
            ..NO
        },
        ..REPLIES
    },
    Scenario {
        name: "replies: a failover",
        faults: Faults {
            unsent: 1,
            failovers: 1,
            ..NO
        },
        ..REPLIES
    },
    Scenario {
        name: "both lanes: a death and lost answers",
        faults: Faults {
            deaths: 1,
            lost: 1,
            ..NO
        },
        ..LANES
    },
    Scenario {
        name: "both lanes: a full queue",
        says: &[Says::Yes(0), Says::Hello, Says::Hello],
        deliveries: &[&[0], &[1, 2]],
        capacity: 2,
        faults: Faults { deaths: 1, ..NO },
        ..LANES
    },
    Scenario {
        name: "both lanes: a failover",
        faults: Faults { failovers: 1, ..NO },
        ..LANES
    },
    Scenario {
        name: "both lanes: expiry, eviction and deletion",
        faults: Faults {
            expiries: 1,
            evictions: 1,
            deletes: 1,
            ..NO
        },
        ..LANES
    },
    Scenario {
        name: "hints: two sweepers, a death",
        sweepers: 2,
        faults: Faults { deaths: 1, ..NO },
        ..HINTS
    },
    Scenario {
        name: "hints: two sweepers, late copies",
        sweepers: 2,
        faults: Faults { copies: 1, ..NO },
        ..HINTS
    },
    Scenario {
        name: "hints: unknown requests",
        faults: Faults { given_up: 1, ..NO },
        ..HINTS
    },
    Scenario {
        name: "hints: both lanes, a death",
        says: LANES.says,
        faults: Faults { deaths: 1, ..NO },
        ..HINTS
    },
    Scenario {
        name: "hints: a failover, and the scan",
        faults: Faults {
            unsent: 1,
            failovers: 1,
            ..NO
        },
        design: Design {
            scans: true,
            ..Design::WHOLE
        },
        ..HINTS
    },
];
