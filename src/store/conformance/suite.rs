//! The one list of behaviours, and the macro that makes a test of each.

/// Passes every behaviour to another macro: its module and name, the guarantees that it tests, and
/// the capabilities that it needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_behaviour {
    ($then:path, $args:tt) => {
        $then! { @each $args
            loads::load_changes_nothing [StateStore 1] [];
            loads::load_revives_no_session [StateStore 1] [];
            loads::load_records_no_commit_id [StateStore 1] [];
            loads::new_user_has_no_session [StateStore 2] [];
            loads::expired_session_differs_from_a_new_one [StateStore 2] [];
            loads::session_is_read_as_it_was_written [StateStore 3] [];
            loads::longest_session_and_reply_are_kept [StateStore 3] [];
            loads::option_and_menu_are_removed_by_a_commit [StateStore 3] [];
            corruption::corrupt_session_is_reported_as_corrupt [StateStore 2] [Corruption];
            corruption::commit_on_a_corrupted_session_is_refused
                [StateStore 2, StateStore 4] [Corruption];
            corruption::corrupt_session_can_be_replaced [StateStore 2, StateStore 4] [Corruption];
            atomicity::load_never_sees_half_a_commit [StateStore 3] [];
            atomicity::session_expires_all_at_once [StateStore 2, StateStore 3] [];
            atomicity::refused_commit_writes_nothing [StateStore 3, StateStore 4] [];
            preconditions::stale_commit_is_refused_with_the_session [StateStore 4] [];
            preconditions::commit_on_an_expired_session_is_refused [StateStore 4] [];
            preconditions::first_commit_is_refused_if_a_session_exists [StateStore 4] [];
            preconditions::commit_on_an_earlier_equal_session_is_refused [StateStore 4] [];
            preconditions::expired_session_can_be_started_again [StateStore 2, StateStore 4] [];
            preconditions::one_of_many_commits_on_a_session_applies
                [StateStore 3, StateStore 4] [];
            preconditions::commit_returns_the_next_precondition [StateStore 4] [];
            duplicates::second_commit_with_an_id_is_a_duplicate [StateStore 5] [];
            duplicates::duplicate_is_known_with_any_precondition [StateStore 5] [];
            duplicates::duplicate_is_known_after_the_session_expired [StateStore 5] [];
            duplicates::duplicate_is_known_after_many_commits [StateStore 5] [];
            duplicates::one_of_many_deliveries_applies [StateStore 5] [];
            duplicates::load_returns_the_status_of_a_commit_id [StateStore 5] [];
            duplicates::repeated_attempt_is_applied_once [StateStore 6] [];
            duplicates::late_repeated_attempt_undoes_nothing [StateStore 6] [];
            duplicates::repeated_attempt_after_expiry_revives_nothing [StateStore 6] [];
            expiry::commit_prolongs_the_session [StateStore 7] [];
            expiry::session_ends_at_its_max_lifetime [StateStore 7] [];
            expiry::max_lifetime_starts_with_the_session [StateStore 7] [];
            fences::resolve_reports_an_applied_commit [StateStore 8] [];
            fences::resolve_fences_an_unknown_commit [StateStore 8] [];
            fences::resolve_changes_no_session [StateStore 8] [];
            fences::concurrent_commit_and_resolve_agree [StateStore 8] [];
            retention::tombstone_is_kept_for_the_retention [StateStore 2] [PausedClock];
            retention::commit_id_is_kept_for_the_retention [StateStore 5] [PausedClock];
            retention::fence_is_kept_for_the_retention [StateStore 8] [PausedClock];
            users::delete_leaves_no_session_and_no_commit_id [StateStore 9] [];
            users::delete_of_an_unknown_user_succeeds [StateStore 9] [];
            users::similar_user_ids_are_isolated [StateStore 10] [];
            deadlines::commit_with_no_time_reports_the_truth [StateStore 11] [];
            deadlines::unanswered_commit_reports_the_truth [StateStore 11] [Stall];
            deadlines::silent_store_fails_calls_in_time [StateStore 2, StateStore 11] [Stall];
            capacity::full_store_refuses_and_drops_nothing [StateStore 12] [LittleRoom];
            cancellation::dropped_commit_took_effect_or_not [StateStore 13] [];
            tokens::reading_a_token_changes_nothing [StateStore 1, TokenStore 1] [Tokens];
            tokens::token_ends_at_its_own_time [TokenStore 1] [Tokens];
            tokens::token_call_leaves_the_session_alone [TokenStore 1] [Tokens];
            tokens::token_call_revives_no_session [TokenStore 1] [Tokens];
            tokens::commit_drops_the_token_only_if_told [TokenStore 1] [Tokens];
            tokens::refused_commit_drops_no_token [StateStore 3, TokenStore 1] [Tokens];
            tokens::longest_token_is_kept [TokenStore 2] [Tokens];
            tokens::token_is_put_over_the_expected_one_only [TokenStore 2] [Tokens];
            tokens::one_of_many_first_tokens_is_stored [TokenStore 2] [Tokens];
            tokens::token_is_removed [TokenStore 1, TokenStore 2] [Tokens];
            users::delete_leaves_no_token_and_no_lease [StateStore 9] [Tokens];
            users::tokens_of_similar_user_ids_are_isolated [StateStore 10] [Tokens];
            deadlines::silent_store_fails_token_calls_in_time
                [StateStore 2, StateStore 11] [Tokens, Stall];
            cancellation::dropped_token_call_took_effect_or_not [StateStore 13] [Tokens];
            leases::refresh_lease_has_one_holder [TokenStore 3] [Tokens];
            leases::refresh_lease_ends_with_its_time [TokenStore 3] [Tokens];
            leases::refresh_lease_is_renewed_by_its_holder [TokenStore 3] [Tokens];
            leases::refresh_lease_is_shortened_by_its_holder [TokenStore 3] [Tokens];
            leases::refresh_lease_is_released_by_its_holder_alone [TokenStore 4] [Tokens];
        }
    };
}

/// Makes one `#[test]` of each [behaviour](crate::store::conformance::BEHAVIOURS) that the
/// contracts ask of a store.
///
/// Takes an async closure that makes a [`Fixture`](crate::store::conformance::Fixture), which is a
/// store in most cases, and is called once for each test. The names after `can:` are the
/// [capabilities](crate::store::conformance::Capability) of that fixture. A test that needs another
/// one is ignored, and names it.
///
/// Every test starts a runtime of its own, so the calling crate needs no dependency except this
/// one, with the feature `testing`.
///
/// # Examples
/// ```
/// # fn main() {}
/// mod my_store {
///     use vimbiso_state::MemoryStore;
///
///     vimbiso_state::conformance_tests! {
///         async || MemoryStore::new(),
///         can: [Tokens, PausedClock]
///     }
/// }
/// ```
#[macro_export]
macro_rules! conformance_tests {
    (@each [$fixture:tt $can:tt] $($module:ident::$name:ident $guarantees:tt $needs:tt;)*) => {
        $($crate::conformance_tests! { @ignored $needs $can $can
            #[test]
            fn $name() {
                const CAN: &[$crate::store::conformance::Capability] = {
                    #[allow(unused_imports, reason = "a store may have no capability")]
                    use $crate::store::conformance::Capability::*;
                    &$can
                };
                let name = ::core::stringify!($name);
                let result = $crate::store::conformance::run_one(name, $fixture, CAN);
                if let ::core::result::Result::Err(violation) = result {
                    ::core::panic!("{violation}");
                }
            }
        })*
    };
    // `@ignored [needs] [capabilities to search] [all capabilities] test`: ignores the test if a
    // need is not met.
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
    ($fixture:expr, can: $can:tt $(,)?) => {
        $crate::__each_behaviour! { $crate::conformance_tests, [$fixture $can] }
    };
}
