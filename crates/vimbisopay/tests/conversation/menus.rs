//! The two main menus, and a number in a reply after the tier has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::sleep;
use vimbiso_state::bot::{Channel, Outgoing, Sent};
use vimbiso_state::vimbisopay::{Choice, Stage, TIER_1, TIER_2};
use vimbiso_state::{Choice as _, Stage as _};
use vimbisopay::{BotFlow, MORE_OPTIONS, menu_for};

use crate::accounts_api::account;
use crate::harness::{Phone, Talk};

fn set_tier(talk: &Talk, tier: u8) {
    talk.world().dashboard.as_mut().unwrap().accounts = vec![account("a1", "Personal", tier == 2)];
}

#[tokio::test]
async fn member_without_a_first_name_is_greeted() {
    for (name, greeting) in [("", "Hello."), ("  ", "Hello."), ("Ada", "Hello, Ada.")] {
        let mut talk = Talk::of_member();
        let mut dashboard = talk.world().dashboard.take().unwrap();
        dashboard.member.first_name = name.into();
        talk.world().dashboard = Some(dashboard);
        let first = talk.say("hi").await;
        let again = talk.say("hi").await;
        for text in [first, again] {
            let line = text.lines().find(|line| line.starts_with("Hello"));
            assert_eq!(line, Some(greeting), "{text}");
        }
    }
}

#[test]
fn the_tiers_are_the_specifications() {
    let names = |menu: &'static vimbiso_state::MenuOptions<Choice>| -> Vec<_> {
        menu.options()
            .map(|(choice, _)| choice.name().trim_start_matches("handle_action_"))
            .collect()
    };
    let first_four = [
        "offer_credex",
        "pending_offers_in",
        "pending_offers_out",
        "transactions",
    ];
    assert_eq!(
        names(&TIER_1),
        [&first_four[..], &["switch_account"]].concat()
    );
    assert_eq!(
        names(&TIER_2),
        [
            &first_four[..],
            &["authorize_member", "notifications", "switch_account"]
        ]
        .concat()
    );
    assert_eq!(
        names(&MORE_OPTIONS),
        [
            "create_business_account",
            "authorize_member",
            "pending_offers_out"
        ]
    );
    assert_eq!(
        TIER_2.to_string().lines().last(),
        Some("7. 🏡 Member Dashboard")
    );
}

#[test]
fn every_menu_choice_opens_an_allowed_stage() {
    let menus = [
        (Stage::Menu, &TIER_1),
        (Stage::Menu, &TIER_2),
        (Stage::MoreOptions, &MORE_OPTIONS),
    ];
    for (from, menu) in menus {
        let row = Stage::TABLE.iter().find(|row| row.stage() == from).unwrap();
        for (choice, _) in menu.options() {
            assert!(
                row.next().contains(&choice.leads_to().unwrap()),
                "{choice:?}"
            );
        }
    }
}

#[test]
fn the_owner_of_an_account_gets_the_advanced_menu() {
    assert_eq!(
        menu_for(Some(&account("a1", "Mine", true))).name(),
        "tier_2"
    );
    assert_eq!(
        menu_for(Some(&account("a1", "Theirs", false))).name(),
        "tier_1"
    );
}

/// A phone without reception.
#[derive(Clone, Default)]
struct FarAway {
    phone: Phone,
    is_back: Arc<AtomicBool>,
}

#[async_trait]
impl Channel<BotFlow> for FarAway {
    async fn send(&self, outgoing: &Outgoing<BotFlow>) -> Sent {
        match self.is_back.load(Ordering::SeqCst) {
            true => self.phone.send(outgoing).await,
            false => Sent::Failed { retry_after: None },
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_a_user_reads_one_menu() {
    let mut talk = Talk::of_member();
    let channel = FarAway::default();
    let bot = talk.another_bot().channel(channel.clone());
    talk.bot = bot.build().unwrap();
    tokio::spawn(talk.bot.clone().work());
    for (id, text) in [("m1", "hi"), ("m2", "hi"), ("m3", "0"), ("m4", "hi")] {
        talk.hand_over(id, text).await;
        sleep(Duration::from_millis(100)).await;
    }
    channel.is_back.store(true, Ordering::SeqCst);
    let idle = talk.bot.until_idle(&talk.user, Duration::from_secs(60));
    assert!(idle.await.unwrap());
    let texts = channel.phone.texts();
    // A menu below other news is read with them.
    let beginnings = ["👋 Welcome", "❌ Invalid option", "Hello, Ada."];
    assert_eq!(texts.len(), beginnings.len(), "{texts:?}");
    for (text, beginning) in texts.iter().zip(beginnings) {
        assert!(text.starts_with(beginning), "{texts:?}");
    }
}

#[tokio::test]
async fn five_means_another_choice_in_each_tier() {
    for (tier, there) in [(1, Stage::Menu), (2, Stage::AuthorizeMember)] {
        let mut talk = Talk::of_member();
        set_tier(&talk, tier);
        talk.say_all(&["hi", "5"]).await;
        assert_eq!(
            talk.at().await.0,
            there,
            "tier {tier}; there is one account to switch to"
        );
    }
}

#[tokio::test]
async fn a_reply_is_read_against_the_menu_that_was_shown() {
    for (shown, now, reply, there) in [
        (1, 2, "5", Stage::Menu),
        (2, 1, "5", Stage::AuthorizeMember),
        (2, 1, "7", Stage::Menu),
        (2, 1, "6", Stage::Notifications),
        (2, 1, "handle_action_notifications", Stage::Notifications),
    ] {
        let mut talk = Talk::of_member();
        set_tier(&talk, shown);
        talk.say("hi").await;
        set_tier(&talk, now);
        // The account in the session changes too, as a message on another channel would do.
        talk.support(|turn| {
            turn.data_mut().spec.current_account = Some(account("a1", "Personal", now == 2));
            Ok(())
        })
        .await;
        talk.say(reply).await;
        assert_eq!(
            talk.at().await.0,
            there,
            "tier {shown} shown, tier {now} holds, {reply} said"
        );
    }
}

#[tokio::test]
async fn a_number_of_the_other_tier_is_no_choice() {
    let mut talk = Talk::of_member();
    set_tier(&talk, 1);
    talk.say("hi").await;
    set_tier(&talk, 2);
    assert!(talk.say("6").await.contains("Invalid option"));
}
