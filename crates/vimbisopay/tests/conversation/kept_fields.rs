//! Unknown fields survive a load and a commit, at every level.

use serde_json::{Value, json};
use vimbiso_state::session::{InvalidState, ReadBackError, check_state};
use vimbiso_state::vimbisopay as spec;
use vimbiso_state::vimbisopay::{Account, Member};
use vimbisopay::Data;

use crate::harness::Talk;

fn json_of_every_field() -> Value {
    json!({
        "profile": {
            "member": {
                "memberID": "11111111-1111-4111-8111-111111111111",
                "firstname": "Ada",
                "lastname": "",
                "memberHandle": "ada",
                "defaultDenom": "USD",
                "memberTier": 0,
                "remainingAvailableUSD": null,
                "later": {"a": [1, 2.5, "", false, null]}
            },
            "later": 1
        },
        "current_account": {
            "accountID": "a1",
            "accountName": "",
            "accountHandle": "ada",
            "defaultDenom": "USD",
            "isOwnedAccount": false,
            "balanceData": {
                "success": true,
                "data": {
                    "securedNetBalancesByDenom": ["99.76 USD"],
                    "unsecuredBalancesInDefaultDenom": {
                        "totalPayables": "0.0",
                        "totalReceivables": "1.0",
                        "netPayRec": "1.0"
                    },
                    "netCredexAssetsInDefaultDenom": "100.76 USD",
                    "later": 0.1
                },
                "message": "ok"
            },
            "pendingInData": {"success": false, "data": [], "message": "none"},
            "pendingOutData": null,
            "later": "x"
        },
        "page_number": 1,
        "back_to": {"stage": "handle_action_menu", "option": "handle_action_menu"},
        "later": {"deep": {"deeper": 1e-7}}
    })
}

#[test]
fn every_field_of_every_level_is_kept() {
    let read: Data = serde_json::from_value(json_of_every_field()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json_of_every_field());
}

#[tokio::test]
async fn unknown_fields_survive_a_load_and_a_commit() {
    let mut talk = Talk::of_member();
    let mut expected = json_of_every_field();
    let written: Data = serde_json::from_value(expected.clone()).unwrap();
    talk.support(|turn| {
        *turn.data_mut() = written.clone();
        Ok(())
    })
    .await;

    assert!(talk.say("what?").await.contains("Invalid option"));
    assert_eq!(serde_json::to_value(talk.data().await).unwrap(), expected);

    talk.say("4").await;
    talk.say("next").await;
    expected["page_number"] = json!(2);
    expected["listed"] = json!(["t3"]);
    assert_eq!(serde_json::to_value(talk.data().await).unwrap(), expected);
}

#[test]
fn the_default_is_an_empty_object() {
    assert_eq!(serde_json::to_string(&Data::default()).unwrap(), "{}");
    let spec = json!({"profile": {}, "current_account": {}, "page_number": 0});
    assert_eq!(
        serde_json::from_value::<Data>(spec).unwrap(),
        Data::default()
    );
    let no_member = json!({"profile": {"member": {}}, "current_account": null});
    assert_eq!(
        serde_json::from_value::<Data>(no_member).unwrap(),
        Data::default()
    );
}

/// Why data of the specification, changed in this way, is not stored.
fn refusal(mut data: spec::Data, change: impl FnOnce(&mut spec::Data)) -> ReadBackError {
    assert!(check_state::<spec::VimbisoPay>(&data).is_ok());
    change(&mut data);
    match check_state::<spec::VimbisoPay>(&data) {
        Err(InvalidState::NotReadable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn known_name_among_unknown_fields_is_refused() {
    let whole = || serde_json::from_value::<spec::Data>(json_of_every_field()).unwrap();
    let twice = |path: &str| ReadBackError::DuplicateName { path: path.into() };
    let page = refusal(whole(), |data| {
        data.extra.insert("page_number".into(), json!(7));
    });
    assert_eq!(page, twice("page_number"));
    // These are read by way of a map, whose keys are not shown.
    let name = refusal(whole(), |data| {
        let member = data.profile.member.as_mut().unwrap();
        member.extra.insert("firstname".into(), json!("Grace"));
    });
    assert_eq!(name, twice("profile.member.*"));
    let id = refusal(whole(), |data| {
        let account = data.current_account.as_mut().unwrap();
        account.extra.insert("accountID".into(), json!("a2"));
    });
    assert_eq!(id, twice("current_account.*"));

    // The field is not written if it is 0, and then neither name comes twice.
    for number in [json!(0), json!("seven")] {
        let page = refusal(spec::Data::default(), |data| {
            data.extra.insert("page_number".into(), number);
        });
        let is_named = matches!(
            &page,
            ReadBackError::Changed { path } | ReadBackError::Unreadable { path }
                if path == "page_number"
        );
        assert!(is_named, "{page:?}");
    }
}

#[test]
fn absent_null_and_empty_are_distinct() {
    let account = |json: Value| serde_json::from_value::<Account>(json).unwrap();
    assert_eq!(account(json!({"accountID": "a"})).balance_data, None);
    assert_eq!(
        account(json!({"accountID": "a", "balanceData": null})).balance_data,
        Some(Value::Null)
    );
    assert_eq!(
        account(json!({"accountID": "a", "accountName": ""}))
            .account_name
            .as_deref(),
        Some("")
    );
    let member =
        json!({"memberID": "m", "firstname": "A", "lastname": "B", "remainingAvailableUSD": 0});
    assert_eq!(
        serde_json::from_value::<Member>(member)
            .unwrap()
            .remaining_available_usd,
        Some(json!(0))
    );
}

#[test]
fn balances_are_read_with_and_without_a_wrapper() {
    let inside = json!({
        "securedNetBalancesByDenom": ["1.00 USD", "2.00 ZIG"],
        "netCredexAssetsInDefaultDenom": "3.00 USD",
    });
    for data in [
        inside.clone(),
        json!({"success": true, "data": inside, "message": ""}),
    ] {
        let account = Account {
            balance_data: Some(data),
            ..Account::default()
        };
        assert_eq!(
            account.secured_balances().collect::<Vec<_>>(),
            ["1.00 USD", "2.00 ZIG"]
        );
        assert_eq!(account.net_assets(), Some("3.00 USD"));
    }
    let odd = Account {
        balance_data: Some(json!([7])),
        ..Account::default()
    };
    assert_eq!(
        (odd.secured_balances().count(), odd.net_assets()),
        (0, None)
    );
}
