//! `Debug` output shows the structure of the bot's types, and no personal data.

use serde_json::{from_value, json};
use vimbiso_state::bot::{CallAnswer, Next};
use vimbiso_state::vimbisopay::{Account, ButtonId, Incoming, Member};
use vimbisopay::{
    ApiAnswer, ApiCall, ApiError, ApiFact, ApiQuery, BotFlow, Dashboard, Data,
    NotificationSettings, OfferTerms, Party, PendingOffer, Receipt, Reply, Side, Transaction,
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
        "back_to": {"stage": "handle_action_menu"},
        SECRET: SECRET,
    }))
    .unwrap();
    let reply = || Reply::new(SECRET).button(SECRET, SECRET);
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
    let facts = [
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
    ]
    .map(|(query, answer)| ApiFact {
        query,
        answer: Ok(answer),
    });
    let ask = Next::<BotFlow>::Ask(ApiQuery::Account(text()));
    let refused = ApiError::refused(SECRET);
    let incoming = ["canary=>canary", "12.50=>canary", "accept_canary", "canary"]
        .map(|text| format!("{:?}", Incoming::parse(text)));
    let shown = [
        format!("{data:?}"),
        format!("{:?} {:?}", data.spec.profile, data.spec.current_account),
        format!("{draft:?} {:?}", Next::<BotFlow>::Call(draft.clone())),
        format!(
            "{:?} {:?} {:?}",
            reply(),
            reply().buttons,
            Next::<BotFlow>::ReplyAndCall(reply(), draft.clone())
        ),
        format!(
            "{:?} {receipt:?} {offer:?} {transaction:?} {settings:?} {:?}",
            dashboard(),
            party()
        ),
        format!("{facts:?}"),
        format!(
            "{ask:?} {refused:?} {refused} {:?}",
            CallAnswer::done(receipt.clone())
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
        for personal in ["canary", "12.50", "2031-12", "7777777"] {
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
