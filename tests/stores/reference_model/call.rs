//! Random calls of a store.

use proptest::prelude::*;

use super::model::Expected;

const TOKENS: [&str; 3] = ["one", "two", "three"];
/// How many commit ids a user has.
pub(super) const COMMIT_IDS: usize = 6;

#[derive(Debug, Clone)]
pub(super) enum Call {
    Load {
        id: usize,
    },
    Commit(Commit),
    SendAgain {
        which: usize,
    },
    Resolve {
        id: usize,
    },
    LoadToken,
    PutToken {
        token: Option<&'static str>,
        expected: Expected,
        ttl: u64,
    },
    AcquireLease {
        holder: usize,
        length: u64,
    },
    ReleaseLease {
        holder: usize,
    },
    Delete,
    Wait {
        seconds: u64,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Commit {
    pub(super) id: usize,
    /// How many preconditions were seen after the one that this commit has.
    pub(super) age: usize,
    pub(super) reply: Option<&'static [u8]>,
    pub(super) drop_token: bool,
    pub(super) option: bool,
    pub(super) ttl: u64,
}

/// A series of calls, each for one of two users.
pub(super) fn calls() -> impl Strategy<Value = Vec<(usize, Call)>> {
    prop::collection::vec((0..2_usize, call()), 1..60)
}

fn seconds() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![10, 25])
}

fn call() -> impl Strategy<Value = Call> {
    let waits = prop::sample::select(vec![1, 9, 24, 61]);
    prop_oneof![
        3 => (0..COMMIT_IDS).prop_map(|id| Call::Load { id }),
        8 => commit().prop_map(Call::Commit),
        2 => (0..4_usize).prop_map(|which| Call::SendAgain { which }),
        1 => (0..COMMIT_IDS).prop_map(|id| Call::Resolve { id }),
        2 => Just(Call::LoadToken),
        3 => put_token(),
        2 => (0..2_usize, seconds())
            .prop_map(|(holder, length)| Call::AcquireLease { holder, length }),
        1 => (0..2_usize).prop_map(|holder| Call::ReleaseLease { holder }),
        1 => Just(Call::Delete),
        3 => waits.prop_map(|seconds| Call::Wait { seconds }),
    ]
}

fn commit() -> impl Strategy<Value = Commit> {
    // The last precondition mostly, and sometimes an older one.
    let age = prop_oneof![3 => Just(0), 1 => 0..9_usize];
    let replies: Vec<&[u8]> = vec![b"\"5\"", b"{}"];
    let reply = prop::option::of(prop::sample::select(replies));
    let drop_token = prop::bool::weighted(0.1);
    (
        0..COMMIT_IDS,
        age,
        reply,
        drop_token,
        any::<bool>(),
        seconds(),
    )
        .prop_map(|(id, age, reply, drop_token, option, ttl)| Commit {
            id,
            age,
            reply,
            drop_token,
            option,
            ttl,
        })
}

fn put_token() -> impl Strategy<Value = Call> {
    let token = prop::sample::select(TOKENS.to_vec());
    let expected = prop_oneof![
        Just(Expected::Any),
        token.clone().prop_map(Expected::Exactly),
        Just(Expected::Absent)
    ];
    (prop::option::weighted(0.8, token), expected, seconds()).prop_map(|(token, expected, ttl)| {
        Call::PutToken {
            token,
            expected,
            ttl,
        }
    })
}
