//! The one list of behaviours, and the macro that makes a test of each.

/// Hands every behaviour to another macro: where it is written, the guarantees it proves, what it needs beyond calls.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_behaviour {
    ($then:path, $args:tt) => {
        $then! { @each $args
            reading::a_load_changes_nothing [StateStore 1] [];
            reading::a_load_revives_nothing [StateStore 1] [];
            reading::a_load_under_a_commit_id_records_nothing [StateStore 1] [];
            reading::a_new_user_has_nothing [StateStore 2] [];
            reading::an_expired_session_is_told_from_a_new_one [StateStore 2] [];
            reading::a_session_is_read_as_it_was_written [StateStore 3] [];
            reading::the_longest_of_everything_is_kept [StateStore 3] [];
            reading::an_option_and_a_menu_end_with_the_commit_that_has_none [StateStore 3] [];
            damage::a_damaged_session_is_none_of_the_other_answers [StateStore 2] [Corruption];
            damage::a_commit_on_what_was_damaged_meanwhile_is_refused [StateStore 2, StateStore 4] [Corruption];
            damage::a_damaged_session_is_written_anew [StateStore 2, StateStore 4] [Corruption];
            atomicity::a_reader_never_sees_half_a_commit [StateStore 3] [];
            atomicity::a_session_expires_all_at_once [StateStore 2, StateStore 3] [];
            atomicity::a_refused_commit_writes_nothing [StateStore 3, StateStore 4] [];
            commits::a_stale_commit_is_refused_with_the_session_as_it_is [StateStore 4] [];
            commits::a_commit_on_a_session_that_expired_meanwhile_is_refused [StateStore 4] [];
            commits::a_commit_on_nothing_is_refused_where_there_is_something [StateStore 4] [];
            commits::a_commit_on_an_older_session_of_the_same_content_is_refused [StateStore 4] [];
            commits::an_expired_session_is_begun_anew [StateStore 2, StateStore 4] [];
            commits::of_many_commits_on_one_session_one_applies [StateStore 3, StateStore 4] [];
            commits::the_basis_of_a_commit_serves_the_next [StateStore 4] [];
            duplicates::a_second_commit_under_one_id_is_a_duplicate [StateStore 5] [];
            duplicates::a_duplicate_is_known_whatever_it_was_decided_on [StateStore 5] [];
            duplicates::a_duplicate_is_known_when_the_session_is_long_gone [StateStore 5] [];
            duplicates::a_duplicate_is_known_after_many_other_commits [StateStore 5] [];
            duplicates::of_many_deliveries_at_once_one_applies [StateStore 5] [];
            duplicates::a_load_under_a_commit_id_says_what_became_of_it [StateStore 5] [];
            duplicates::an_attempt_sent_again_is_applied_once [StateStore 6] [];
            duplicates::an_attempt_sent_again_later_undoes_nothing [StateStore 6] [];
            duplicates::an_attempt_sent_again_after_the_expiry_brings_no_basis [StateStore 6] [];
            expiry::a_commit_slides_the_expiry [StateStore 7] [];
            expiry::a_session_ends_with_its_lifetime [StateStore 7] [];
            expiry::a_lifetime_begins_with_the_session [StateStore 7] [];
            fences::resolve_knows_an_applied_commit [StateStore 8] [];
            fences::resolve_fences_an_unknown_commit [StateStore 8] [];
            fences::resolve_leaves_the_session_alone [StateStore 8] [];
            fences::of_a_commit_and_a_resolve_at_once_both_say_the_same [StateStore 8] [];
            retention::an_expired_session_is_told_for_the_retention [StateStore 2] [PausedClock];
            retention::a_commit_id_is_known_for_the_retention [StateStore 5] [PausedClock];
            retention::a_fence_stands_for_the_retention [StateStore 8] [PausedClock];
            users::forget_leaves_nothing [StateStore 9] [];
            users::forget_of_nobody_is_no_error [StateStore 9] [];
            users::users_whose_ids_look_alike_are_apart [StateStore 10] [];
            deadlines::a_commit_without_time_says_truly_what_became_of_it [StateStore 11] [];
            deadlines::a_commit_that_gets_no_answer_says_truly_what_became_of_it [StateStore 11] [Stall];
            deadlines::a_store_that_does_not_answer_is_an_error_by_the_deadline [StateStore 2, StateStore 11] [Stall];
            room::a_full_store_refuses_and_drops_nothing [StateStore 12] [LittleRoom];
            cancellation::a_dropped_commit_is_done_or_is_not [StateStore 13] [];
            tokens::reading_a_token_changes_nothing [StateStore 1, TokenStore 1] [Tokens];
            tokens::longest_token_is_kept [TokenStore 2] [Tokens];
            tokens::token_ends_at_its_own_time [TokenStore 1] [Tokens];
            tokens::token_call_leaves_the_session_alone [TokenStore 1] [Tokens];
            tokens::token_call_revives_no_session [TokenStore 1] [Tokens];
            tokens::commit_drops_the_token_only_if_told [TokenStore 1] [Tokens];
            tokens::refused_commit_drops_no_token [StateStore 3, TokenStore 1] [Tokens];
            tokens::token_is_put_over_the_expected_one_only [TokenStore 2] [Tokens];
            tokens::one_of_many_first_tokens_is_stored [TokenStore 2] [Tokens];
            tokens::token_is_removed [TokenStore 1, TokenStore 2] [Tokens];
            tokens::delete_leaves_no_token_and_no_lease [StateStore 9] [Tokens];
            tokens::tokens_of_similar_user_ids_are_apart [StateStore 10] [Tokens];
            tokens::dropped_token_call_took_effect_or_not [StateStore 13] [Tokens];
            tokens::silent_store_fails_token_calls_in_time [StateStore 2, StateStore 11] [Tokens, Stall];
            leases::refresh_lease_has_one_holder [TokenStore 3] [Tokens];
            leases::refresh_lease_ends_with_its_time [TokenStore 3] [Tokens];
            leases::refresh_lease_is_renewed_by_its_holder [TokenStore 3] [Tokens];
            leases::refresh_lease_is_released_by_its_holder_alone [TokenStore 4] [Tokens];
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
///     vimbiso_state::conformance_tests! { async || MemoryStore::new(), can: [PausedClock, Tokens] }
/// }
/// ```
#[macro_export]
macro_rules! conformance_tests {
    (@each [$fixture:tt $can:tt] $($subject:ident::$name:ident $proves:tt $needs:tt;)*) => {
        $($crate::conformance_tests! { @ignored $needs $can $can
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
    // `@ignored [needs] [capabilities to search] [all capabilities] test`: ignores the test if a need is not met.
    (@ignored [] $left:tt $can:tt $test:item) => { $test };
    (@ignored [Tokens $(, $($more:tt)*)?] [Tokens $($left:tt)*] $can:tt $test:item) => {
        $crate::conformance_tests! { @ignored [$($($more)*)?] $can $can $test }
    };
    (@ignored [Tokens $($more:tt)*] [] $can:tt $test:item) => {
        #[ignore = "needs Tokens, a store that keeps tokens"]
        $test
    };
    (@ignored [PausedClock $(, $($more:tt)*)?] [PausedClock $($left:tt)*] $can:tt $test:item) => {
        $crate::conformance_tests! { @ignored [$($($more)*)?] $can $can $test }
    };
    (@ignored [PausedClock $($more:tt)*] [] $can:tt $test:item) => {
        #[ignore = "needs PausedClock, a store on tokio's clock"]
        $test
    };
    (@ignored [Corruption $(, $($more:tt)*)?] [Corruption $($left:tt)*] $can:tt $test:item) => {
        $crate::conformance_tests! { @ignored [$($($more)*)?] $can $can $test }
    };
    (@ignored [Corruption $($more:tt)*] [] $can:tt $test:item) => {
        #[ignore = "needs Corruption, a fixture that corrupts a stored session"]
        $test
    };
    (@ignored [Stall $(, $($more:tt)*)?] [Stall $($left:tt)*] $can:tt $test:item) => {
        $crate::conformance_tests! { @ignored [$($($more)*)?] $can $can $test }
    };
    (@ignored [Stall $($more:tt)*] [] $can:tt $test:item) => {
        #[ignore = "needs Stall, a fixture that silences its store"]
        $test
    };
    (@ignored [LittleRoom $(, $($more:tt)*)?] [LittleRoom $($left:tt)*] $can:tt $test:item) => {
        $crate::conformance_tests! { @ignored [$($($more)*)?] $can $can $test }
    };
    (@ignored [LittleRoom $($more:tt)*] [] $can:tt $test:item) => {
        #[ignore = "needs LittleRoom, a store that is soon full"]
        $test
    };
    (@ignored $needs:tt [$other:ident $(, $($left:tt)*)?] $can:tt $test:item) => {
        $crate::conformance_tests! { @ignored $needs [$($($left)*)?] $can $test }
    };
    ($fixture:expr $(,)?) => { $crate::conformance_tests! { $fixture, can: [] } };
    ($fixture:expr, can: $can:tt $(,)?) => { $crate::__each_behaviour! { $crate::conformance_tests, [$fixture $can] } };
}
