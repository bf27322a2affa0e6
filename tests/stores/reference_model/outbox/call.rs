//! Random calls for an outbox.

use proptest::prelude::*;
use vimbiso_state::store::Lane;

#[derive(Debug, Clone)]
pub(super) enum Call {
    Commit(Changes),
    Take {
        lane: Lane,
        holder: usize,
        length: u64,
    },
    /// Settles an entry that was taken: the last one, or an earlier one.
    Settle {
        lane: Lane,
        holder: usize,
        age: usize,
        retry: Option<(u64, bool)>,
    },
    Read,
    /// Leaves out the replies at these places of the queue, a bit for each.
    Show {
        leave_out: u32,
    },
    Due {
        claim: u64,
    },
    Delete,
    Remove(Removed),
    Wait {
        seconds: u64,
    },
}

/// What a commit changes. Calls and holders by their numbers.
#[derive(Debug, Clone)]
pub(super) struct Changes {
    pub(super) reply: Option<Size>,
    pub(super) kind: Kind,
    pub(super) call: Option<usize>,
    pub(super) concludes: Option<usize>,
    pub(super) concluded_by: Option<usize>,
    pub(super) lease: Option<(usize, u64)>,
    pub(super) only_if_sent: bool,
    pub(super) drop_shown: bool,
    pub(super) wake_up: Wake,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Plain,
    Outcome,
    Replaceable,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    Short,
    /// A few of them fill the queue.
    Long,
}

/// What is removed: a login, or a user with this call in the slot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Removed {
    Login,
    User(Option<usize>),
}

/// The version is that of the last commit with a wake-up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wake {
    Drop,
    Keep,
    Bind,
    DropIf,
    After(u64),
}

/// A series of calls, each for one of two users.
pub(super) fn calls() -> impl Strategy<Value = Vec<(usize, Call)>> {
    prop::collection::vec((0..2_usize, call()), 1..80)
}

fn seconds() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![10, 25])
}

fn lane() -> impl Strategy<Value = Lane> {
    prop_oneof![3 => Just(Lane::Replies), 1 => Just(Lane::Call)]
}

fn call() -> impl Strategy<Value = Call> {
    let retry = prop::option::weighted(0.4, (prop::sample::select(vec![0, 10, 60]), any::<bool>()));
    let age = prop_oneof![4 => Just(0), 1 => Just(1_usize)];
    let waits = prop::sample::select(vec![1, 9, 24, 61]);
    let leave_out = prop_oneof![1 => Just(0), 1 => any::<u32>()];
    let removal = prop_oneof![
        3 => Just(Call::Delete),
        3 => Just(Call::Remove(Removed::Login)),
        2 => prop::option::of(0..2_usize).prop_map(|key| Call::Remove(Removed::User(key))),
        4 => Just(Call::Read),
    ];
    prop_oneof![
        9 => changes().prop_map(Call::Commit),
        5 => (lane(), 0..2_usize, seconds())
            .prop_map(|(lane, holder, length)| Call::Take { lane, holder, length }),
        6 => (lane(), 0..2_usize, age, retry)
            .prop_map(|(lane, holder, age, retry)| Call::Settle { lane, holder, age, retry }),
        2 => Just(Call::Read),
        2 => leave_out.prop_map(|leave_out| Call::Show { leave_out }),
        3 => seconds().prop_map(|claim| Call::Due { claim }),
        1 => removal,
        3 => waits.prop_map(|seconds| Call::Wait { seconds }),
    ]
}

fn changes() -> impl Strategy<Value = Changes> {
    let reply = prop_oneof![
        2 => Just(None),
        3 => Just(Some(Size::Short)),
        2 => Just(Some(Size::Long))
    ];
    let kind = prop_oneof![
        1 => Just(Kind::Plain),
        1 => Just(Kind::Outcome),
        2 => Just(Kind::Replaceable)
    ];
    let wake_up = prop_oneof![
        2 => Just(Wake::Drop),
        2 => Just(Wake::Keep),
        1 => Just(Wake::Bind),
        1 => Just(Wake::DropIf),
        2 => prop::sample::select(vec![0, 5, 30]).prop_map(Wake::After),
    ];
    (
        (reply, kind),
        prop::option::weighted(0.2, 0..2_usize),
        (
            prop::option::weighted(0.2, 0..2_usize),
            prop::option::of(0..2_usize),
        ),
        prop::option::of((0..2_usize, seconds())),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.3),
        wake_up,
    )
        .prop_map(
            |(
                (reply, kind),
                call,
                (concludes, concluded_by),
                lease,
                only_if_sent,
                drop_shown,
                wake_up,
            )| Changes {
                reply,
                kind,
                call,
                concludes,
                concluded_by,
                lease,
                only_if_sent,
                drop_shown,
                wake_up,
            },
        )
}
