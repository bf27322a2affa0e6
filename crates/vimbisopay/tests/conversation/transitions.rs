//! Every row of the table of transitions.

use vimbiso_state::vimbisopay::{Choice, Stage, TIER_1};
use vimbiso_state::{CachedUser, Direction};
use vimbisopay::ApiCall;

use crate::accounts_api::{Behaviour, account, dashboard, party};
use crate::harness::{MENU, Talk};

const ASKING: (Stage, Option<Choice>) = (Stage::OfferCredex, Some(Choice::OfferCredex));
const CONFIRMING: (Stage, Option<Choice>) = (Stage::OfferCredex, Some(Choice::ConfirmOfferCredex));
const MEMBERS: (Stage, Option<Choice>) = (Stage::AuthorizeMember, Some(Choice::SelectOption));
const ACCOUNTS: (Stage, Option<Choice>) = (Stage::SelectProfile, Some(Choice::SelectAccountToUse));
const PAGES: (Stage, Option<Choice>) = (Stage::Transactions, Some(Choice::Transactions));
const REGISTER: (Stage, Option<Choice>) = (Stage::Register, Some(Choice::Register));

/// A member with two accounts, at the list of accounts.
async fn at_accounts() -> Talk {
    let mut talk = Talk::of_member();
    talk.world().dashboard = Some(dashboard(&[("a1", "Personal"), ("a2", "Bakery")]));
    talk.say_all(&["hi", "5"]).await;
    assert_eq!(talk.at().await, ACCOUNTS);
    talk
}

/// A member whose account is of the advanced tier, at its menu.
async fn at_tier_2() -> Talk {
    let mut talk = Talk::of_member();
    talk.world().dashboard.as_mut().unwrap().accounts = vec![account("a1", "Personal", true)];
    talk.say("hi").await;
    talk
}

#[tokio::test]
async fn any_reset() {
    let talk = Talk::after(&["hi", "4", "next"]).await;
    let user: CachedUser<_> = talk.manager.reset_state(&talk.user).await.unwrap();
    assert_eq!(
        (user.state().stage(), user.state().option()),
        (Stage::Menu, None)
    );
    assert_eq!(serde_json::to_string(user.data()).unwrap(), "{}");
}

#[tokio::test]
async fn any_greeting() {
    for stage in ["1", "2", "3", "4", "handle_action_more_options"] {
        let mut talk = Talk::after(&["hi", stage]).await;
        let reply = talk.say("Menu").await;
        assert!(reply.contains("1. 💸 Offer Secured Credex"), "{reply}");
        assert_eq!(talk.at().await, MENU);
        let data = talk.data().await;
        assert_eq!(data.spec.current_account.unwrap().account_id, "a1");
        assert_eq!(
            (data.spec.page_number, data.listed.len()),
            (0, 0),
            "the greeting resets"
        );
    }
}

#[tokio::test]
async fn any_greeting_while_the_api_is_down() {
    let mut talk = Talk::after(&["hi", "4"]).await;
    talk.world().reads_fail = true;
    let before = (talk.at().await, talk.revision().await);
    assert!(talk.say("hi").await.contains("try again"));
    assert_eq!((talk.at().await, talk.revision().await), before);
}

#[tokio::test]
async fn any_greeting_keeps_the_account_in_use() {
    let mut talk = at_accounts().await;
    talk.say_all(&["2", "hi"]).await;
    assert_eq!(
        talk.data().await.spec.current_account.unwrap().account_id,
        "a2"
    );
}

#[tokio::test]
async fn any_not_registered() {
    for said in [
        &["hi"][..],
        &["4"],
        &["accept_o1"],
        &["10=>grace"],
        &["hello there"],
    ] {
        let mut talk = Talk::of_visitor();
        talk.say_all(said).await;
        assert_eq!(talk.at().await, REGISTER, "{said:?}");
    }
    let mut talk = Talk::after(&["hi", "4"]).await;
    talk.world().dashboard = None;
    talk.say("hi").await;
    assert_eq!(talk.at().await, REGISTER);
    assert!(!talk.cached().await.registration_complete());
}

#[tokio::test]
async fn register_valid_names_accepted() {
    let mut talk = Talk::of_visitor();
    talk.say("hi").await;
    assert!(talk.say("1").await.contains("first and last name"));
    assert_eq!(talk.at().await, REGISTER);
    let reply = talk.say(" Ada  Lovelace ").await;
    assert!(
        reply.starts_with("✅") && reply.contains("What would you like to do?"),
        "{reply}"
    );
    assert_eq!(talk.at().await, MENU);
    let call = ApiCall::Register {
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
    };
    assert_eq!(talk.world().effects, [call]);
    let user = talk.cached().await;
    assert!(user.registration_complete() && user.data().spec.current_account.is_some());
    assert_eq!(
        (user.first_name(), user.state().direction()),
        (Some("Ada"), Direction::Out)
    );
}

#[tokio::test]
async fn register_anything_else() {
    let mut talk = Talk::of_visitor();
    talk.say("hi").await;
    for text in [
        "2",
        "Ada",
        "Ada 7",
        "@ Lovelace",
        "accept_o1",
        "10=>grace",
        "{}",
    ] {
        assert!(talk.say(text).await.contains("1. 📝"), "{text}");
        assert_eq!(talk.at().await, REGISTER, "{text}");
    }
    assert!(talk.world().calls.is_empty());
}

#[tokio::test]
async fn register_one_name_accepted_when_it_is_asked_for() {
    let mut talk = Talk::of_visitor();
    talk.say("hi").await;
    let too_early = talk.say("Sukarno").await;
    assert!(too_early.contains("1. 📝"), "{too_early}");
    talk.say("1").await;
    assert!(talk.say("Sukarno").await.starts_with("✅"));
    let call = ApiCall::Register {
        first_name: "Sukarno".into(),
        last_name: String::new(),
    };
    assert_eq!(talk.world().effects, [call]);
}

#[tokio::test]
async fn register_asks_for_the_name_again() {
    let mut talk = Talk::of_visitor();
    talk.say_all(&["hi", "1"]).await;
    let again = talk.say("Suk4rno").await;
    assert!(again.contains("If you have only one name"), "{again}");
    assert!(talk.say("Sukarno").await.starts_with("✅"));
}

#[tokio::test]
async fn register_name_that_could_deceive_payers_is_refused() {
    let mut talk = Talk::of_visitor();
    talk.say("hi").await;
    for (name, why) in [
        ("Ada\u{202e} ecalevoL", "invisible mark U+202E"),
        ("Ada\u{200b} Lovelace", "invisible character U+200B"),
        (
            "Ada\u{2028}Lovelace",
            "line break or control character U+2028",
        ),
        ("Ada Love\u{2029}lace", "U+2029"),
        ("Ada \u{2066}Lovelace", "U+2066"),
        ("Ada\u{ad} Lovelace", "U+00AD"),
        ("Ada\u{3164} Lovelace", "U+3164"),
        ("A\u{200d}da Lovelace", "U+200D"),
        ("Ada\nLovelace", "line break"),
        ("Ada \u{e000}", "U+E000"),
        ("Ada 7", "a digit or a symbol"),
        ("*Ada* Lovelace", "a digit or a symbol"),
        ("- Lovelace", "no letter"),
    ] {
        let reply = talk.say(name).await;
        assert!(
            reply.starts_with("❌") && reply.contains(why),
            "{name:?}: {reply}"
        );
        assert_eq!(talk.at().await, REGISTER, "{name:?}");
    }
    assert!(talk.world().calls.is_empty());
    talk.say("علی\u{200c}رضا محمدی").await;
    assert_eq!(talk.counts(), (1, 1));
}

#[tokio::test]
async fn register_refused() {
    let mut talk = Talk::of_visitor();
    talk.world().behaviour = Behaviour::Refuses("Not today.");
    talk.say("hi").await;
    assert!(talk.say("Ada Lovelace").await.starts_with("❌ Not today."));
    assert_eq!(talk.at().await, REGISTER);
}

#[tokio::test]
async fn select_profile_a_number_or_a_handle() {
    for reply in ["2", "bakery", "@Bakery", "a2"] {
        let mut talk = at_accounts().await;
        talk.say(reply).await;
        assert_eq!(talk.at().await, MENU, "{reply}");
        assert_eq!(
            talk.data().await.spec.current_account.unwrap().account_id,
            "a2"
        );
    }
}

#[tokio::test]
async fn select_profile_what_is_listed_after_the_accounts() {
    let business = (
        Stage::CreateBusinessAccount,
        Some(Choice::CreateBusinessAccount),
    );
    for (reply, there) in [("3", ASKING), ("4", business), ("5", MENU)] {
        let mut talk = at_accounts().await;
        talk.say(reply).await;
        assert_eq!(talk.at().await, there, "{reply}");
    }
}

#[tokio::test]
async fn select_profile_other() {
    let mut talk = at_accounts().await;
    for reply in ["0", "6", "no-one", "99999999999999999999"] {
        assert!(talk.say(reply).await.contains("from *1* to *5*"), "{reply}");
        assert_eq!(talk.at().await, ACCOUNTS);
    }
}

#[tokio::test]
async fn select_profile_an_account_that_is_gone_meanwhile() {
    let mut talk = at_accounts().await;
    talk.world().dashboard = Some(dashboard(&[("a1", "Personal"), ("a3", "Garage")]));
    assert!(talk.say("2").await.contains("no longer yours"));
    assert_eq!(talk.at().await, ACCOUNTS);
    assert_eq!(talk.data().await.listed, ["a1", "a3"]);
}

#[tokio::test]
async fn menu_a_choice_as_shown() {
    for (reply, there) in [
        ("1", ASKING),
        ("2", (Stage::PendingOffersIn, Some(Choice::DisplayOffers))),
        ("3", (Stage::PendingOffersOut, Some(Choice::DisplayOffers))),
        ("4", PAGES),
        ("5", MENU),
        ("handle_action_transactions", PAGES),
        ("HANDLE_ACTION_TRANSACTIONS", PAGES),
        (
            "handle_action_more_options",
            (Stage::MoreOptions, Some(Choice::MoreOptions)),
        ),
    ] {
        let mut talk = Talk::after(&["hi"]).await;
        talk.say(reply).await;
        assert_eq!(talk.at().await, there, "{reply}");
    }
}

#[tokio::test]
async fn menu_other() {
    let mut talk = Talk::after(&["hi"]).await;
    let revision = talk.revision().await;
    for reply in [
        "0",
        "6",
        "７",
        "handle_action_notifications",
        "submitting",
        "what?",
    ] {
        let text = talk.say(reply).await;
        assert!(
            text.contains("Invalid option") && text.contains("4. 📒"),
            "{reply}: {text}"
        );
        assert_eq!(talk.at().await, MENU);
    }
    assert_eq!(
        talk.revision().await,
        revision + 6,
        "an invalid reply commits, and so prolongs the session"
    );
}

#[tokio::test]
async fn switch_account_entry() {
    let mut talk = at_accounts().await;
    assert_eq!(talk.data().await.listed, ["a1", "a2"]);
    talk.world().dashboard = Some(dashboard(&[("a1", "Personal")]));
    talk.say_all(&["hi", "5"]).await;
    assert_eq!(talk.at().await, MENU, "there is one account");
}

#[tokio::test]
async fn create_business_account_accepted() {
    for form in [
        "Ada's Bakery, Adas_Bakery",
        r#"{"accountName":"Ada's Bakery","accountHandle":"adas_bakery"}"#,
    ] {
        let mut talk = Talk::after(&["hi", "handle_action_more_options", "1", form]).await;
        assert_eq!(talk.at().await, ACCOUNTS, "there is now a choice");
        let call = ApiCall::CreateBusinessAccount {
            name: "Ada's Bakery".into(),
            handle: "adas_bakery".parse().unwrap(),
        };
        assert_eq!(talk.world().effects, [call]);
        talk.say("2").await;
        assert_eq!(
            talk.data().await.spec.current_account.unwrap().name(),
            "Ada's Bakery"
        );
    }
}

#[tokio::test]
async fn create_business_account_refused() {
    let here = (
        Stage::CreateBusinessAccount,
        Some(Choice::CreateBusinessAccount),
    );
    let mut talk = Talk::after(&["hi", "handle_action_more_options", "1"]).await;
    let long = format!("{}, bakery", "a".repeat(51));
    for form in [
        "Bakery",
        "Bakery,",
        ", bakery",
        "Bakery, a b",
        "{}",
        "Ba\u{202e}kery, bakery",
        "Ba\u{200b}kery, bakery",
        "Ba\u{2028}kery, bakery",
        "***, bakery",
        &long,
    ] {
        assert!(talk.say(form).await.starts_with("❌"), "{form}");
        assert_eq!(talk.at().await, here);
    }
    talk.world().behaviour = Behaviour::Refuses("The handle is taken.");
    assert!(
        talk.say("Bakery, bakery")
            .await
            .contains("The handle is taken.")
    );
    assert_eq!(talk.at().await, here);
}

#[tokio::test]
async fn find_agent_entry() {
    let mut talk = at_accounts().await;
    assert!(talk.say("5").await.contains("agent"));
    assert_eq!(talk.at().await, MENU);
}

#[tokio::test]
async fn offer_credex_a_valid_offer() {
    for (offer, said) in [
        ("10=>grace", "*10 USD* (secured)"),
        (" 0.5 -> @Grace ", "*0.5 USD* (unsecured)"),
        ("10->grace=2030-12-31", "(unsecured, due 2030-12-31)"),
        (r#"{"amount":"10","handle":"grace"}"#, "(secured)"),
        (
            r#"{"amount":"10","handle":"grace","due":"2030-12-31"}"#,
            "(unsecured, due 2030-12-31)",
        ),
        (
            r#"{"amount":"10","handle":"grace","secured":false}"#,
            "(unsecured)",
        ),
    ] {
        let mut talk = Talk::after(&["hi", "1"]).await;
        let reply = talk.say(offer).await;
        assert!(reply.contains(said) && reply.contains("GRACE"), "{reply}");
        assert_eq!(talk.at().await, CONFIRMING, "{offer}");
        assert!(talk.world().calls.is_empty());
    }
}

#[tokio::test]
async fn offer_credex_invalid() {
    let mut talk = Talk::after(&["hi", "1"]).await;
    for offer in [
        "10",
        "0=>grace",
        "-1=>grace",
        "1.234=>grace",
        "1e3=>grace",
        "=>grace",
        "10=>",
        "10=>nobody",
        "10=>grace=2030-12-31",
        "10->grace=2030-02-30",
        "10->grace=soon",
        r#"{"amount":"x","handle":"grace"}"#,
        r#"{"amount":"1","handle":"grace","secured":true,"due":"2030-12-31"}"#,
    ] {
        let reply = talk.say(offer).await;
        assert!(
            reply.starts_with("❌") && reply.contains("12.50=>handle"),
            "{offer}: {reply}"
        );
        assert_eq!(talk.at().await, ASKING, "{offer}");
    }
}

#[tokio::test]
async fn offer_credex_confirmed_and_accepted() {
    for yes in ["yes", "Y", " YES "] {
        let mut talk = Talk::after(&["hi", "1", "10=>grace"]).await;
        let reply = talk.say(yes).await;
        assert!(reply.starts_with("✅ done 1"), "{reply}");
        assert_eq!(talk.at().await, MENU);
        assert!(matches!(
            &talk.world().effects[..],
            [ApiCall::Offer { account, to, .. }] if account == "a1" && to.id == "p1"
        ));
    }
}

#[tokio::test]
async fn offer_credex_confirmed_and_refused() {
    let mut talk = Talk::after(&["hi", "1", "10=>grace"]).await;
    talk.world().behaviour = Behaviour::Refuses("Your balance is too low.");
    let reply = talk.say("yes").await;
    assert!(
        reply.starts_with("❌ Your balance is too low.") && reply.contains("12.50=>handle"),
        "{reply}"
    );
    assert_eq!(talk.at().await, ASKING);
}

#[tokio::test]
async fn offer_credex_answered_by_no() {
    for no in ["no", "N", "x", "c", "Cancel"] {
        let mut talk = Talk::after(&["hi", "1", "10=>grace"]).await;
        assert!(talk.say(no).await.starts_with("Not offered."));
        assert_eq!(talk.at().await, ASKING, "{no}");
        talk.say("yes").await;
        assert!(
            talk.world().calls.is_empty(),
            "a dropped offer cannot be confirmed later"
        );
    }
}

#[tokio::test]
async fn offer_credex_confirm_other() {
    let mut talk = Talk::after(&["hi", "1", "10=>grace"]).await;
    for text in ["ok", "1", "sure", "yes please", "ja", "yess", "{}"] {
        assert!(talk.say(text).await.contains("to *GRACE*"), "{text}");
        assert_eq!(talk.at().await, CONFIRMING);
    }
    assert!(talk.world().calls.is_empty());
}

#[tokio::test]
async fn pending_offers_entry() {
    let mut talk = Talk::after(&["hi"]).await;
    assert!(talk.say("2").await.contains("1. 5.00 USD from GRACE"));
    assert_eq!(talk.data().await.listed, ["o1", "o2"]);
    talk.say("hi").await;
    assert!(talk.say("3").await.contains("2. 5.00 USD to GRACE"));
    talk.world().offers.clear();
    talk.say("hi").await;
    assert!(talk.say("2").await.contains("None"));
}

#[tokio::test]
async fn pending_offers_in_a_number_or_an_id() {
    for reply in ["2", "o2"] {
        let talk = Talk::after(&["hi", "2"]).await;
        let answer = talk.deliver("detail", reply).await;
        let ids: Vec<_> = answer
            .reply
            .buttons
            .iter()
            .map(|button| button.id.as_str())
            .collect();
        let question = talk.cached().await.state().question().unwrap();
        assert_eq!(
            ids,
            ["accept_o2", "decline_o2"].map(|name| question.button(name))
        );
        assert_eq!(
            talk.at().await,
            (Stage::PendingOffersIn, Some(Choice::DisplayOffers))
        );
    }
}

#[tokio::test]
async fn pending_offers_out_a_number_or_an_id() {
    for reply in ["1", "o1"] {
        let talk = Talk::after(&["hi", "3"]).await;
        let answer = talk.deliver("detail", reply).await;
        let question = talk.cached().await.state().question().unwrap();
        assert_eq!(answer.reply.buttons[0].id, question.button("cancel_o1"));
        assert_eq!(
            talk.at().await,
            (Stage::PendingOffersOut, Some(Choice::DisplayOffers))
        );
    }
}

#[tokio::test]
async fn pending_offers_other() {
    let mut talk = Talk::after(&["hi", "2"]).await;
    for reply in ["0", "3", "o3", "hm"] {
        assert!(talk.say(reply).await.contains("not on the list"), "{reply}");
        assert_eq!(
            talk.at().await,
            (Stage::PendingOffersIn, Some(Choice::DisplayOffers))
        );
    }
}

#[tokio::test]
async fn a_number_selects_from_the_list_that_was_shown() {
    let mut talk = Talk::after(&["hi", "2"]).await;
    talk.world().offers.remove(0);
    assert!(
        talk.say("1")
            .await
            .starts_with("❌ That offer is no longer open.")
    );
    assert_eq!(talk.data().await.listed, ["o2"]);
}

#[tokio::test]
async fn any_button_accepted() {
    let calls = [
        ("accept_o1", ApiCall::Accept { offer: "o1".into() }),
        ("DECLINE_o1", ApiCall::Decline { offer: "o1".into() }),
        ("cancel_o1", ApiCall::Cancel { offer: "o1".into() }),
    ];
    for from in [
        "1",
        "2",
        "3",
        "4",
        "10=>grace",
        "handle_action_more_options",
        "hi",
    ] {
        for (button, call) in &calls {
            let mut talk = Talk::after(&["hi", from]).await;
            assert!(talk.say(button).await.starts_with("✅"), "{button}");
            assert_eq!(talk.at().await, MENU, "{button} from {from}");
            assert_eq!(
                talk.data().await.draft,
                None,
                "an unconfirmed offer is dropped"
            );
            assert_eq!(talk.world().effects, std::slice::from_ref(call));
        }
    }
}

#[tokio::test]
async fn any_refused_button_leads_back_to_its_stage() {
    for from in [
        "1",
        "2",
        "3",
        "4",
        "10=>grace",
        "handle_action_more_options",
        "hi",
    ] {
        for button in ["accept_o1", "decline_o1", "cancel_o1"] {
            let mut talk = Talk::after(&["hi", from]).await;
            talk.world().behaviour = Behaviour::Refuses("Too late.");
            let there = talk.at().await;
            let before = talk.data().await;
            assert!(talk.say(button).await.starts_with("❌ Too late."));
            assert_eq!(talk.at().await, there, "{button} from {from}");
            assert_eq!(talk.data().await, before);
        }
    }
}

#[tokio::test]
async fn any_button_for_the_pending_offers() {
    let mut talk = Talk::after(&["hi", "4"]).await;
    talk.say("View Pending").await;
    assert_eq!(
        talk.at().await,
        (Stage::PendingOffersIn, Some(Choice::DisplayOffers))
    );
}

#[tokio::test]
async fn transactions_entry_starts_at_page_1() {
    let mut talk = Talk::after(&["hi", "4", "next"]).await;
    assert_eq!(talk.data().await.spec.page_number, 2);
    talk.support(|turn| {
        turn.transition_to(Stage::Menu, Choice::Menu)?;
        turn.show(&TIER_1);
        Ok(())
    })
    .await;
    talk.say("4").await;
    assert_eq!(
        (talk.at().await, talk.data().await.spec.page_number),
        (PAGES, 1)
    );
}

#[tokio::test]
async fn transactions_pages_and_details() {
    let mut talk = Talk::after(&["hi", "4"]).await;
    for (said, page, told) in [
        ("Prev", 1, "the first page"),
        ("2", 1, "memo of t2"),
        ("Next", 2, "page 2"),
        ("1", 2, "memo of t3"),
        ("NEXT", 3, "page 3"),
        ("next", 3, "the last page"),
        ("t4", 3, "memo of t4"),
        ("2", 3, "not on this page"),
        ("prev", 2, "page 2"),
        ("0", 2, "not on this page"),
        ("prev", 1, "page 1"),
    ] {
        let reply = talk.say(said).await;
        assert!(reply.contains(told), "{said}: {reply}");
        assert_eq!(
            (talk.at().await, talk.data().await.spec.page_number),
            (PAGES, page),
            "{said}"
        );
    }
}

#[tokio::test]
async fn authorize_member_one_asks_for_the_handle() {
    let mut talk = at_tier_2().await;
    assert!(talk.say("5").await.contains("2. Remove JOAN"));
    assert_eq!(talk.at().await, MEMBERS);
    talk.say("1").await;
    assert_eq!(
        talk.at().await,
        (Stage::AuthorizeMember, Some(Choice::GetHandle))
    );
}

#[tokio::test]
async fn authorize_member_two_and_more_remove() {
    let mut talk = at_tier_2().await;
    talk.say_all(&["5", "2"]).await;
    assert_eq!(talk.at().await, MENU);
    assert_eq!(
        talk.world().effects,
        [ApiCall::RemoveMember {
            account: "a1".into(),
            member: "p3".into()
        }]
    );
}

#[tokio::test]
async fn authorize_member_other_numbers() {
    let mut talk = at_tier_2().await;
    talk.say("5").await;
    for reply in ["0", "3", "joan"] {
        assert!(talk.say(reply).await.contains("from *1* to *2*"), "{reply}");
        assert_eq!(talk.at().await, MEMBERS);
    }
    talk.world().behaviour = Behaviour::Refuses("Not yours.");
    assert!(talk.say("2").await.contains("Not yours."));
    assert_eq!(talk.at().await, MEMBERS);
}

#[tokio::test]
async fn authorize_member_handle_found_or_not() {
    let mut talk = at_tier_2().await;
    talk.say_all(&["5", "1"]).await;
    assert!(
        talk.say("nobody")
            .await
            .contains("No member has that handle")
    );
    assert_eq!(talk.at().await, MEMBERS);
    talk.say("1").await;
    assert!(
        talk.say("no such thing!")
            .await
            .contains("No member has that handle")
    );
    assert_eq!(talk.at().await, MEMBERS);
    talk.say("1").await;
    assert!(talk.say("@Alan").await.contains("ALAN"));
    assert_eq!(
        talk.at().await,
        (Stage::AuthorizeMember, Some(Choice::ConfirmAuthorization))
    );
}

#[tokio::test]
async fn authorize_member_confirmed() {
    for yes in ["yes", "1", "y"] {
        let mut talk = at_tier_2().await;
        talk.say_all(&["5", "1", "alan", yes]).await;
        assert_eq!(talk.at().await, MENU, "{yes}");
        let call = ApiCall::Authorize {
            account: "a1".into(),
            member: party("p2", "alan"),
        };
        assert_eq!(talk.world().effects, [call]);
    }
}

#[tokio::test]
async fn authorize_member_not_confirmed() {
    for no in ["no", "2", "n", "x", "c", "cancel"] {
        let mut talk = at_tier_2().await;
        talk.say_all(&["5", "1", "alan", no]).await;
        assert_eq!(talk.at().await, MEMBERS, "{no}");
        assert!(talk.world().calls.is_empty());
    }
    let mut talk = at_tier_2().await;
    talk.say_all(&["5", "1", "alan", "3", "perhaps"]).await;
    assert_eq!(
        talk.at().await,
        (Stage::AuthorizeMember, Some(Choice::ConfirmAuthorization))
    );
    talk.world().behaviour = Behaviour::Refuses("Already so.");
    assert!(talk.say("yes").await.contains("Already so."));
    assert_eq!(talk.at().await, MEMBERS);
}

#[tokio::test]
async fn notifications_a_number() {
    let mut talk = at_tier_2().await;
    talk.say("6").await;
    assert_eq!(
        talk.at().await,
        (Stage::Notifications, Some(Choice::SelectOption))
    );
    assert!(talk.say("3").await.contains("not on the list"));
    talk.say("2").await;
    assert_eq!(talk.at().await, MENU);
    assert_eq!(
        talk.world().effects,
        [ApiCall::Notify {
            account: "a1".into(),
            member: "p2".into()
        }]
    );
}

#[tokio::test]
async fn more_options_choices() {
    for (reply, there) in [
        (
            "1",
            (
                Stage::CreateBusinessAccount,
                Some(Choice::CreateBusinessAccount),
            ),
        ),
        ("2", MEMBERS),
        ("3", (Stage::PendingOffersOut, Some(Choice::DisplayOffers))),
        ("4", (Stage::MoreOptions, Some(Choice::MoreOptions))),
    ] {
        let mut talk = Talk::after(&["hi", "handle_action_more_options"]).await;
        talk.say(reply).await;
        assert_eq!(talk.at().await, there, "{reply}");
    }
}
