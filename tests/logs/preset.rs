//! The types of the VimbisoPay specification show their structure, and no personal data.

use serde_json::{from_value, json};
use vimbiso_state::vimbisopay::{Account, ButtonId, Incoming, Member, State};

use crate::{SECRET, assert_clean};

#[test]
fn specification_types_show_no_personal_data() {
    let member: Member = from_value(json!({
        "memberID": SECRET,
        "firstname": SECRET,
        "lastname": SECRET,
        "remainingAvailableUSD": "12.50",
        "x": SECRET,
    }))
    .unwrap();
    let account: Account = from_value(json!({
        "accountID": SECRET,
        "balanceData": SECRET,
        SECRET: SECRET,
    }))
    .unwrap();
    let state: State = from_value(json!({
        "profile": {"member": member, SECRET: SECRET},
        "current_account": account,
        "page_number": 3,
        SECRET: SECRET,
    }))
    .unwrap();
    let incoming = ["canary=>canary", "12.50=>canary", "accept_canary", "canary"]
        .map(|text| format!("{:?}", Incoming::parse(text)));
    let shown = [
        format!("{state:?}"),
        format!("{:?} {:?}", state.profile, state.current_account),
        format!("{member:?} {account:?}"),
        format!("{incoming:?}"),
        format!("{:?}", ButtonId::Decline(SECRET)),
        format!("{:?}", Incoming::parse("77")),
    ];
    for shown in &shown {
        assert_clean("the specification", shown);
        for personal in ["12.50", "77"] {
            assert!(!shown.contains(personal), "{personal} is shown: {shown}");
        }
    }
    let shown = shown.concat();
    for structure in ["member: true", "page_number: 3", "Decline", "QuickOffer"] {
        assert!(shown.contains(structure), "no {structure:?} in:\n{shown}");
    }
}
