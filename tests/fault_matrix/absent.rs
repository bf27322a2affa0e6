//! Rows of the matrix that are not about these calls or not about this store. They are printed
//! rather than left out.

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
        "it cannot be caused: all keys of a user have one slot",
        (
            "redis/clusters.rs",
            "all_keys_of_a_user_share_a_slot_users_are_spread",
        ),
    ),
    elsewhere(
        40,
        "host clock jumps by an hour",
        "the clock is not moved; the sources are searched for stores that read it",
        ("house/main.rs", "bots_and_stores_read_no_host_clock"),
    ),
    elsewhere(
        41,
        "token source fails",
        "none of these calls uses it",
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

/// The tests that are named here and do not exist.
pub fn missing() -> Vec<&'static str> {
    let exists = |file: &str, test: &str| {
        let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
        // The second form is that of a table of tests.
        let names = [format!("fn {test}("), format!("    {test} =>")];
        std::fs::read_to_string(path).is_ok_and(|text| names.iter().any(|name| text.contains(name)))
    };
    ABSENT
        .iter()
        .filter_map(|row| row.elsewhere)
        .filter(|(file, test)| !exists(file, test))
        .map(|(_, test)| test)
        .collect()
}
