//! The rules of the protocol, each of which can be left out to see that it is needed.

/// The protocol, and the parts that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Design {
    /// A call is announced before it is performed.
    pub announces_first: bool,
    /// The call has a slot and a lane of its own. Otherwise it is at the head of the queue.
    pub call_apart: bool,
    /// An attempt is counted before the work, not when it is settled.
    pub counts_before: bool,
    /// A settle is refused if another worker has taken the lane since.
    pub settle_checks_holder: bool,
    /// A settle names the entry. Otherwise it means the head, whichever it is.
    pub settle_names_entry: bool,
    /// A settle of an attempt that is not the newest takes no doubt away.
    pub settle_names_attempt: bool,
    /// A retry restores the doubt of earlier attempts. Otherwise it says that there is no doubt.
    pub restores_doubt: bool,
    /// The check that no entry is left, and the release, are one step with the settle.
    pub atomic_release: bool,
    /// A conclusion is refused unless the slot holds its key.
    pub conclusion_needs_slot: bool,
    /// A conclusion that says that a call is not done is refused unless its attempt holds the lane.
    pub denial_needs_lease: bool,
    /// A conclusion is recorded under an id that is made of the call's key.
    pub conclusion_has_id: bool,
    /// A conclusion on an expired session changes its tombstone alone.
    pub conclusion_keeps_tombstone: bool,
    /// A place in the queue is reserved for the conclusion of a pending call.
    pub reserves_place: bool,
    /// A lost slot that the version line still names is restored, for questions alone.
    pub restores_slot: bool,
    /// The key of a call is made of the question, not of the message that answers it.
    pub key_of_question: bool,
    /// The time in which a call may be repeated begins with its question, not its announcement.
    pub window_of_question: bool,
    /// A call is performed only after the replica knows that it is announced and counted.
    pub waits_for_replica: bool,
    /// A hint only moves later. Otherwise an earlier one stays.
    pub hints_move_later: bool,
    /// A sweeper's claim is shorter than the window that a hint opens.
    pub claim_is_short: bool,
    /// The hint is written before the commit that relies on it.
    pub hint_before: bool,
    /// A commit is refused once the instant of its hint is over.
    pub checks_hint: bool,
    /// An outbox without a hint is found by a scan, in the end.
    pub scans: bool,
}

impl Design {
    /// The protocol as it is. It waits for no replica, which is a setting.
    pub const WHOLE: Self = Self {
        announces_first: true,
        call_apart: true,
        counts_before: true,
        settle_checks_holder: true,
        settle_names_entry: true,
        settle_names_attempt: true,
        restores_doubt: true,
        atomic_release: true,
        conclusion_needs_slot: true,
        denial_needs_lease: true,
        conclusion_has_id: true,
        conclusion_keeps_tombstone: true,
        reserves_place: true,
        restores_slot: true,
        key_of_question: true,
        window_of_question: true,
        waits_for_replica: false,
        hints_move_later: true,
        claim_is_short: true,
        hint_before: true,
        checks_hint: true,
        scans: false,
    };
}
