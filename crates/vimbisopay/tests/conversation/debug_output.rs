//! `Debug` output shows the structure of the bot's types, and no personal data.

use serde_json::{from_value, json};
use vimbiso_state::vimbisopay::{Account, ButtonId, Incoming, Member};
use vimbisopay::{
    Answer, ApiAnswer, ApiCall, ApiError, ApiFact, ApiFacts, ApiQuery, Dashboard, Data, Next,
    NotificationSettings, OfferTerms, Outcome, Party, PendingOffer, Receipt, Reply, Side,
    Transaction,
};

const SECRET: &str = "canary-state-text";

#[test]
fn debug_output_shows_structure_and_no_content() {
    let text = || SECRET.to_owned();
    let party = || Party {
        id: text(),
        handle: text(),
        name: text(),
    };
    let member: Member = from_value(
        json!({"memberID": SECRET, "firstname": SECRET, "lastname": SECRET, "x": SECRET}),
    )
    .unwrap();
    let account: Account =
        from_value(json!({"accountID": SECRET, "balanceData": SECRET, SECRET: SECRET})).unwrap();
    let dashboard = || Dashboard {
        member: member.clone(),
        accounts: vec![account.clone()],
    };
    let terms: OfferTerms = "12.50->canary=2031-12-31".parse().unwrap();
    let date = || "2031-12-31".parse().unwrap();
    let call = json!({"call": "offer", "account": SECRET, "to": party(), "terms": terms});
    let data: Data = from_value(json!({
        "profile": {"member": member, SECRET: SECRET},
        "current_account": account,
        "page_number": 3,
        "listed": [SECRET, SECRET],
        "draft": call,
        "pending": {
            "key": "000102030405060708090a0b0c0d0e0f",
            "call": call,
            "stage": "handle_action_menu",
            "notice": SECRET,
        },
        SECRET: SECRET,
    }))
    .unwrap();
    let reply = || Reply::new(SECRET).button(SECRET, SECRET);
    let pending = data.pending.clone().unwrap();
    let draft: ApiCall = data.draft.clone().unwrap();
    let receipt = Receipt {
        message: text(),
        dashboard: dashboard(),
    };
    let offer = PendingOffer {
        id: text(),
        amount: text(),
        counterparty: party(),
        secured: false,
        due: Some(date()),
    };
    let transaction = Transaction {
        id: text(),
        amount: text(),
        counterparty: party(),
        date: date(),
        memo: Some(text()),
    };
    let settings = NotificationSettings {
        candidates: vec![party()],
        current: Some(text()),
    };
    let facts: Vec<_> = [
        (ApiQuery::Dashboard, ApiAnswer::Dashboard(Some(dashboard()))),
        (ApiQuery::Account(text()), ApiAnswer::Account(Some(party()))),
        (ApiQuery::Member(text()), ApiAnswer::Member(Some(party()))),
        (
            ApiQuery::Offers(text(), Side::In),
            ApiAnswer::Offers(vec![offer.clone()]),
        ),
        (
            ApiQuery::Transactions(text(), 2),
            ApiAnswer::Transactions(vec![transaction.clone()]),
        ),
        (
            ApiQuery::AuthorizedMembers(text()),
            ApiAnswer::AuthorizedMembers(vec![party()]),
        ),
        (
            ApiQuery::Notifications(text()),
            ApiAnswer::Notifications(settings.clone()),
        ),
        (
            ApiQuery::Outcome(pending.key),
            ApiAnswer::Outcome(Outcome::Done { message: text() }),
        ),
    ]
    .map(|(query, answer)| ApiFact {
        query,
        answer: Ok(answer),
    })
    .into();
    let facts = ApiFacts::new(&facts);
    let ask = Next::Ask(ApiQuery::Account(text()));
    let refused = ApiError::refused(SECRET);
    let incoming = ["canary=>canary", "12.50=>canary", "accept_canary", "canary"]
        .map(|text| format!("{:?}", Incoming::parse(text)));
    let shown = [
        format!("{data:?}"),
        format!("{:?} {:?}", data.spec.profile, data.spec.current_account),
        format!("{pending:?} {draft:?} {:?}", Next::Call(pending.clone())),
        format!(
            "{:?} {:?} {:?}",
            reply(),
            reply().buttons,
            Answer {
                reply: reply(),
                duplicate: false
            }
        ),
        format!(
            "{:?} {receipt:?} {offer:?} {transaction:?} {settings:?} {:?}",
            dashboard(),
            party()
        ),
        format!("{facts:?}"),
        format!(
            "{ask:?} {refused:?} {refused} {:?}",
            Outcome::Refused { reason: text() }
        ),
        format!(
            "{terms:?} {:?} {:?} {:?}",
            terms.amount, terms.handle, terms.security
        ),
        format!(
            "{incoming:?} {:?} {:?}",
            ButtonId::Decline(SECRET),
            Incoming::parse("7777777")
        ),
    ];
    for text in &shown {
        // The key is a hash, from which the user is found by trying all numbers.
        for personal in ["canary", "12.50", "2031-12", "7777777", "000102030405"] {
            assert!(!text.contains(personal), "{personal} is shown: {text}");
        }
    }
    let shown = shown.concat();
    for structure in [
        "member: true",
        "listed: 2",
        "page_number: 3",
        "Offer",
        "Unsecured",
        "stage: Menu",
        "key: CommitId(#",
        "Offers",
        "accounts: 1",
        "buttons: 1",
        "Transactions",
        "Refused",
        "Decline",
        "QuickOffer",
    ] {
        assert!(
            shown.contains(structure),
            "{structure:?} is not shown:\n{shown}"
        );
    }
}
