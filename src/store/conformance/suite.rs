//! The one list of behaviours, and the macro that makes a test of each.

/// Hands every behaviour to another macro: where it is written, the guarantees it proves, what it needs beyond calls.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_behaviour {
    ($then:path, $args:tt) => {
        $then! { @each $args
            reading::a_load_changes_nothing [1, 9] [];
            reading::a_load_revives_nothing [1] [];
            reading::a_load_under_a_commit_id_records_nothing [1] [];
            reading::a_new_user_has_nothing [2] [];
            reading::an_expired_session_is_told_from_a_new_one [2] [];
            reading::a_session_is_read_as_it_was_written [3] [];
            reading::the_longest_of_everything_is_kept [3] [];
            reading::an_option_and_a_menu_end_with_the_commit_that_has_none [3] [];
            damage::a_damaged_session_is_none_of_the_other_answers [2] [Corruption];
            damage::a_commit_on_what_was_damaged_meanwhile_is_refused [2, 4] [Corruption];
            damage::a_damaged_session_is_written_anew [2, 4] [Corruption];
            atomicity::a_reader_never_sees_half_a_commit [3] [];
            atomicity::a_session_expires_all_at_once [2, 3] [];
            atomicity::a_refused_commit_writes_nothing [3, 4] [];
            commits::a_stale_commit_is_refused_with_the_session_as_it_is [4] [];
            commits::a_commit_on_a_session_that_expired_meanwhile_is_refused [4] [];
            commits::a_commit_on_nothing_is_refused_where_there_is_something [4] [];
            commits::a_commit_on_an_older_session_of_the_same_content_is_refused [4] [];
            commits::an_expired_session_is_begun_anew [2, 4] [];
            commits::of_many_commits_on_one_session_one_applies [3, 4] [];
            commits::the_basis_of_a_commit_serves_the_next [4] [];
            duplicates::a_second_commit_under_one_id_is_a_duplicate [5] [];
            duplicates::a_duplicate_is_known_whatever_it_was_decided_on [5] [];
            duplicates::a_duplicate_is_known_when_the_session_is_long_gone [5] [];
            duplicates::a_duplicate_is_known_after_many_other_commits [5] [];
            duplicates::of_many_deliveries_at_once_one_applies [5] [];
            duplicates::a_load_under_a_commit_id_says_what_became_of_it [5] [];
            duplicates::an_attempt_sent_again_is_applied_once [6] [];
            duplicates::an_attempt_sent_again_later_undoes_nothing [6] [];
            duplicates::an_attempt_sent_again_after_the_expiry_brings_no_basis [6] [];
            expiry::a_commit_slides_the_expiry [7] [];
            expiry::a_session_ends_with_its_lifetime [7] [];
            expiry::a_lifetime_begins_with_the_session [7] [];
            fences::resolve_knows_an_applied_commit [8] [];
            fences::resolve_fences_an_unknown_commit [8] [];
            fences::resolve_leaves_the_session_alone [8] [];
            fences::of_a_commit_and_a_resolve_at_once_both_say_the_same [8] [];
            retention::an_expired_session_is_told_for_the_retention [2] [PausedClock];
            retention::a_commit_id_is_known_for_the_retention [5] [PausedClock];
            retention::a_fence_stands_for_the_retention [8] [PausedClock];
            tokens::a_token_ends_with_its_own_time [9] [];
            tokens::a_token_call_leaves_the_session_alone [9] [];
            tokens::a_token_call_revives_no_session [9] [];
            tokens::a_commit_leaves_the_token_alone_unless_told [9] [];
            tokens::a_token_is_put_where_the_expected_one_stands [10] [];
            tokens::of_many_tokens_put_at_once_where_there_is_none_one_is_stored [10] [];
            tokens::a_token_is_removed [9, 10] [];
            claims::a_claim_has_one_owner [11] [];
            claims::a_claim_ends_with_its_lease [11] [];
            claims::a_claim_is_prolonged_by_its_owner [11] [];
            claims::a_claim_is_released_by_its_owner_alone [11] [];
            users::forget_leaves_nothing [12] [];
            users::forget_of_nobody_is_no_error [12] [];
            users::users_whose_ids_look_alike_are_apart [13] [];
            deadlines::a_commit_without_time_says_truly_what_became_of_it [14] [];
            deadlines::a_commit_that_gets_no_answer_says_truly_what_became_of_it [14] [Stall];
            deadlines::a_store_that_does_not_answer_is_an_error_by_the_deadline [2, 14] [Stall];
            room::a_full_store_refuses_and_drops_nothing [15] [LittleRoom];
            cancellation::a_dropped_commit_is_done_or_is_not [16] [];
            cancellation::a_dropped_token_call_is_done_or_is_not [16] [];
        }
    };
}

/// Makes one `#[test]` of each behaviour that the [contract](crate::StateStore#contract) asks of a store.
///
/// Takes an async closure, called once a test, that makes a [`Fixture`](crate::store::conformance::Fixture): for the most part
/// a store. After `can:`, the [capabilities](crate::store::conformance::Capability) of that fixture. A test that needs another
/// one is ignored, and names it. Every test makes a runtime of its own, so the calling crate needs no dependency but this one,
/// with the feature `testing`.
///
/// # Examples
/// ```
/// # fn main() {}
/// mod my_store {
///     use vimbiso_state::MemoryStore;
///
///     vimbiso_state::conformance_tests! { async || MemoryStore::new(), can: [PausedClock] }
/// }
/// ```
#[macro_export]
macro_rules! conformance_tests {
    (@each [$fixture:tt $can:tt] $($subject:ident::$name:ident $proves:tt $needs:tt;)*) => {
        $($crate::conformance_tests! { @ignored $needs $can
            #[test]
            fn $name() {
                const CAN: &[$crate::store::conformance::Capability] = {
                    #[allow(unused_imports, reason = "a store may be capable of nothing")]
                    use $crate::store::conformance::Capability::*;
                    &$can
                };
                let proved = $crate::store::conformance::prove(::core::stringify!($name), $fixture, CAN);
                if let ::core::result::Result::Err(broken) = proved {
                    ::core::panic!("{broken}");
                }
            }
        })*
    };
    (@ignored [PausedClock] [] $test:item) => { #[ignore = "needs PausedClock, a store whose time is tokio's"] $test };
    (@ignored [Corruption] [] $test:item) => { #[ignore = "needs Corruption, a fixture that can spoil a stored session"] $test };
    (@ignored [Stall] [] $test:item) => { #[ignore = "needs Stall, a fixture that can silence its store"] $test };
    (@ignored [LittleRoom] [] $test:item) => { #[ignore = "needs LittleRoom, a store that is soon full"] $test };
    (@ignored [] $can:tt $test:item) => { $test };
    (@ignored [PausedClock] [PausedClock $($rest:tt)*] $test:item) => { $test };
    (@ignored [Corruption] [Corruption $($rest:tt)*] $test:item) => { $test };
    (@ignored [Stall] [Stall $($rest:tt)*] $test:item) => { $test };
    (@ignored [LittleRoom] [LittleRoom $($rest:tt)*] $test:item) => { $test };
    (@ignored $needs:tt [$other:ident $(, $($rest:tt)*)?] $test:item) => {
        $crate::conformance_tests! { @ignored $needs [$($($rest)*)?] $test }
    };
    ($fixture:expr $(,)?) => { $crate::conformance_tests! { $fixture, can: [] } };
    ($fixture:expr, can: $can:tt $(,)?) => { $crate::__each_behaviour! { $crate::conformance_tests, [$fixture $can] } };
}
