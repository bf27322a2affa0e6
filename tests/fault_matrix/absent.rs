//! The rows of the matrix that are not these four calls', or not this store's: said aloud rather than left out.

/// A row that is not covered here.
pub struct Absent {
    pub number: u8,
    pub fault: &'static str,
    pub why: &'static str,
    /// The file and the test that cover it.
    pub elsewhere: Option<(&'static str, &'static str)>,
}

#[cfg(not(feature = "tls"))]
const fn absent(number: u8, fault: &'static str, why: &'static str) -> Absent {
    Absent {
        number,
        fault,
        why,
        elsewhere: None,
    }
}

const fn elsewhere(
    number: u8,
    fault: &'static str,
    why: &'static str,
    test: (&'static str, &'static str),
) -> Absent {
    Absent {
        number,
        fault,
        why,
        elsewhere: Some(test),
    }
}

pub const ABSENT: &[Absent] = &[
    #[cfg(not(feature = "tls"))]
    absent(
        32,
        "untrusted certificate",
        "this build has no TLS: rediss:// is refused (33)",
    ),
    elsewhere(
        35,
        "Cluster: CROSSSLOT",
        "it cannot be brought about: all keys of a user have one slot",
        (
            "redis/clusters.rs",
            "all_keys_of_a_user_share_a_slot_users_are_spread",
        ),
    ),
    elsewhere(
        40,
        "host clock jumps by an hour",
        "the clock is not moved; that no store reads it is read from the sources",
        (
            "house/architecture.rs",
            "what_a_store_keeps_hangs_on_no_clock_of_the_host",
        ),
    ),
    elsewhere(
        41,
        "token source fails",
        "none of these calls asks it",
        (
            "tokens/source_failures.rs",
            "failure_is_typed_and_keeps_token_and_session",
        ),
    ),
    elsewhere(
        42,
        "panic in the host's closure",
        "none of these calls runs one",
        (
            "turns/refused_turns.rs",
            "closure_panic_unwinds_and_poisons_nothing",
        ),
    ),
];

/// The tests that are named here, and are not there.
pub fn missing() -> Vec<&'static str> {
    let there = |file: &str, test: &str| {
        let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("fn {test}(")))
    };
    ABSENT
        .iter()
        .filter_map(|row| row.elsewhere)
        .filter(|(file, test)| !there(file, test))
        .map(|(_, test)| test)
        .collect()
}
