//! The example `tea_shop`: it prints its transcript.

use harness::example::{printed, transcript};

#[test]
fn example_prints_its_transcript() {
    let source = include_str!("../../examples/tea_shop.rs");
    let command = "cargo run -p vimbiso-telegram --example tea_shop";
    let (typed, expected) = transcript(source, command);
    assert_eq!(printed("tea_shop", &typed, &["TELEGRAM_TOKEN"]), expected);
}
