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
            one_step::entries_are_written_with_the_session [OutboxStore 1] [Outbox];
            one_step::conflict_comes_before_a_refusal [StateStore 4, OutboxStore 1] [Outbox];
            one_step::refused_changes_write_nothing [OutboxStore 1] [Outbox];
            one_step::recorded_commit_id_is_answered_first
                [StateStore 5, StateStore 6, StateStore 8, OutboxStore 1] [Outbox];
            one_step::repeated_attempt_adds_its_reply_once
                [StateStore 6, OutboxStore 1] [Outbox];
            one_step::session_and_reply_are_seen_together [OutboxStore 1] [Outbox];
            storage::outbox_survives_its_session [OutboxStore 2] [Outbox];
            storage::work_renews_outbox_and_tombstone [OutboxStore 2] [Outbox, PausedClock];
            storage::delete_leaves_no_outbox [StateStore 9, OutboxStore 2] [Outbox];
            calls::second_call_is_refused_with_the_first [OutboxStore 3] [Outbox];
            calls::call_is_removed_by_its_conclusion_alone [OutboxStore 3] [Outbox];
            calls::conclusion_may_announce_the_next_call [OutboxStore 3] [Outbox];
            calls::conclusion_needs_the_lease_that_it_names [OutboxStore 3] [Outbox];
            calls::one_of_many_calls_is_announced [OutboxStore 3] [Outbox];
            calls::one_of_many_conclusions_is_applied [OutboxStore 3] [Outbox];
            calls::call_has_the_age_of_its_announcement [OutboxStore 3] [Outbox];
            replies::replies_are_taken_in_order [OutboxStore 4] [Outbox];
            replies::unsent_reply_refuses_a_commit_if_told [OutboxStore 4] [Outbox];
            replies::shown_replies_are_dropped_and_no_others [OutboxStore 4] [Outbox];
            replies::shown_reply_is_dropped_while_it_is_sent
                [OutboxStore 4, OutboxStore 6] [Outbox];
            replies::left_out_reply_waits_behind_the_shown [OutboxStore 4] [Outbox];
            replies::newest_reply_says_how_all_are_delivered [OutboxStore 4] [Outbox];
            replies::replies_to_fetch_make_no_work [OutboxStore 10] [Outbox];
            room::queue_of_32_replies_refuses_another [OutboxStore 5] [Outbox];
            room::queue_of_64_kib_refuses_another [OutboxStore 5] [Outbox];
            room::conclusion_finds_a_reserved_place [OutboxStore 5] [Outbox];
            room::conclusion_finds_its_bytes_reserved [OutboxStore 5] [Outbox];
            lanes::one_of_many_takes_gets_the_work [OutboxStore 6] [Outbox];
            lanes::lease_on_a_lane_ends_with_its_time [OutboxStore 6] [Outbox];
            lanes::holder_takes_its_lane_again [OutboxStore 6] [Outbox];
            lanes::lanes_have_leases_of_their_own [OutboxStore 6] [Outbox];
            lanes::commit_takes_the_lease_if_it_is_free [OutboxStore 6] [Outbox];
            lanes::commit_behind_a_waiting_reply_takes_no_lease
                [OutboxStore 4, OutboxStore 6] [Outbox];
            attempts::take_counts_an_attempt_before_the_work [OutboxStore 7] [Outbox];
            attempts::commit_counts_the_attempt_that_it_takes [OutboxStore 7] [Outbox];
            attempts::settlement_counts_the_attempt_it_hands_out [OutboxStore 7] [Outbox];
            attempts::settlement_says_if_a_reply_is_in_doubt [OutboxStore 7] [Outbox];
            settlements::settlement_hands_out_the_next_or_releases [OutboxStore 8] [Outbox];
            settlements::settlement_of_another_holder_is_refused [OutboxStore 6] [Outbox];
            settlements::repeated_settlement_removes_one_reply [OutboxStore 8] [Outbox];
            settlements::late_settlement_postpones_no_other_reply [OutboxStore 8] [Outbox];
            settlements::reply_of_a_commit_meanwhile_is_not_left [OutboxStore 8] [Outbox];
            postponed::postponed_reply_is_not_handed_out_early [OutboxStore 9] [Outbox];
            postponed::reply_behind_a_postponed_one_waits
                [OutboxStore 4, OutboxStore 9] [Outbox];
            postponed::postponed_call_is_not_handed_out_early [OutboxStore 9] [Outbox];
            due::user_is_due_until_nothing_is_left [OutboxStore 10] [Outbox];
            due::user_is_due_when_the_lease_is_over [OutboxStore 10] [Outbox];
            due::postponed_user_is_due_in_time [OutboxStore 9, OutboxStore 10] [Outbox];
            due::call_is_due_while_a_reply_is_postponed [OutboxStore 10] [Outbox];
            due::longest_overdue_user_is_returned_first [OutboxStore 10] [Outbox];
            due::one_of_many_claims_gets_a_user [OutboxStore 10] [Outbox];
            wake_ups::wake_up_is_due_until_it_is_dropped [OutboxStore 10] [Outbox];
            wake_ups::wake_up_and_work_are_due_apart [OutboxStore 10] [Outbox];
            wake_ups::wake_up_is_moved_by_a_later_commit [OutboxStore 10] [Outbox];
            wake_ups::wake_up_is_kept_and_bound_as_told [OutboxStore 10] [Outbox];
            wake_ups::late_reminder_drops_no_newer_wake_up [OutboxStore 10] [Outbox];
            own_commits::kept_expiry_ends_the_session_as_before [OutboxStore 11] [Outbox];
            own_commits::tombstone_commit_leaves_it_expired [OutboxStore 11] [Outbox];
            own_commits::commit_of_no_session_changes_none [OutboxStore 11] [Outbox];
            own_commits::conclusion_expects_the_session_it_leaves
                [StateStore 4, OutboxStore 11] [Outbox];
            own_commits::own_commits_drop_no_token [OutboxStore 11] [Outbox, Tokens];
            own_commits::wake_up_without_a_version_is_refused [OutboxStore 11] [Outbox];
            removals::login_ends_and_its_call_stays [OutboxStore 13] [Outbox];
            removals::login_ends_with_its_token [OutboxStore 13] [Outbox, Tokens];
            removals::shown_outcome_ends_with_its_login [OutboxStore 13] [Outbox];
            removals::removal_of_a_user_names_its_call [OutboxStore 13] [Outbox];
            removals::call_announced_during_a_removal_stays [OutboxStore 13] [Outbox];
            bystanders::unreadable_outbox_is_its_users_alone
                [OutboxStore 12] [Outbox, Corruption];
            bystanders::outboxes_of_similar_users_are_isolated [StateStore 10] [Outbox];
            bystanders::unanswered_outbox_commit_tells_the_truth
                [StateStore 11] [Outbox, Stall];
            bystanders::silent_store_fails_outbox_calls_in_time
                [StateStore 2, StateStore 11] [Outbox, Stall];
            bystanders::dropped_outbox_commit_is_whole_or_not [StateStore 13] [Outbox];
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
///         can: [Tokens, Outbox, PausedClock]
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
    (@ignored [Outbox $(, $($more:tt)*)?] [Outbox $($left:tt)*] $can:tt $test:item) => {
        $crate::conformance_tests! { @ignored [$($($more)*)?] $can $can $test }
    };
    (@ignored [Outbox $($more:tt)*] [] $can:tt $test:item) => {
        #[ignore = "needs Outbox, a store that keeps outboxes"]
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
