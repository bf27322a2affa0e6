//! Replies of Redis to a load.

use vimbiso_state::StoreError;
use vimbiso_state::session::{Corruption, Record};
use vimbiso_state::store::{KeyLayout, Loaded, Session, read_reply};

/// The lines of a reply: version, data, stage, option, direction, and what is recorded in the two
/// hashes. An empty line is a key that does not exist.
const LINES: usize = 7;
const OPTION: usize = 3;

type Values = Vec<Option<Vec<u8>>>;

/// Reads the bytes as a session of five keys, and as one of one key; each with commit ids that are
/// kept, and with lost ones.
pub fn redis_reply(data: &[u8]) {
    let line = data.split(|byte| *byte == b'\n').next();
    for kept in [true, false] {
        five_keys(data, kept);
        one_key(data, None, kept);
        one_key(data, Some(line.unwrap_or_default()), kept);
    }
}

fn values(data: &[u8]) -> Values {
    let mut lines: Vec<_> = data
        .splitn(LINES, |byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    lines.resize(LINES, Vec::new());
    lines
        .into_iter()
        .map(|line| Some(line).filter(|line| !line.is_empty()))
        .collect()
}

/// The record is that of the first hash, or else that of the second one.
fn read_five(mut values: Values, kept: bool) -> Result<Loaded, StoreError> {
    let records = values.split_off(5);
    let recorded = records.into_iter().flatten().next();
    read_reply(KeyLayout::FiveKeys, values, kept, recorded)
}

fn five_keys(data: &[u8], kept: bool) {
    let Ok(loaded) = read_five(values(data), kept) else {
        return;
    };
    let found = values(data);
    let exists = |at: usize| found[at].is_some();
    let again = read_five(values(data), kept).unwrap();
    assert_eq!(loaded.precondition, again.precondition);
    match &loaded.session {
        Session::New => assert!((0..5).all(|at| !exists(at))),
        Session::Live(record) => {
            assert!(kept);
            assert!([0, 1, 2, 4].into_iter().all(exists));
            assert_eq!(exists(OPTION), record.option.is_some());
            assert!(is_word(&record.stage, Record::MAX_NAME));
            assert!(record.data.len() <= Record::MAX_DATA);
            let option = record.option.as_deref();
            assert!(option.is_none_or(|option| is_word(option, Record::MAX_NAME)));
            let menu = record.menu.as_deref();
            assert!(menu.is_none_or(|menu| is_word(menu, Record::MAX_MENU)));
            // Without one of the keys, it is another session.
            for at in [0, 1, 2, 4] {
                let mut torn = values(data);
                torn[at] = None;
                let torn = read_five(torn, kept).unwrap();
                assert!(torn.precondition != loaded.precondition);
                assert!(!matches!(torn.session, Session::Live(_)));
            }
            let lost = read_five(values(data), false).unwrap();
            assert!(lost.precondition != loaded.precondition);
            assert!(is_lost(&lost.session));
        }
        Session::Expired(_) => assert!(exists(0) && (1..5).all(|at| !exists(at))),
        Session::Corrupt { .. } | Session::Newer { .. } => assert!((0..5).any(exists)),
    }
    assert!(loaded.commit_status.is_none() || exists(5) || exists(6));
}

/// Reads the bytes as the key of a session, with the version line of an expired one or without.
fn one_key(data: &[u8], line: Option<&[u8]>, kept: bool) {
    let session = Some(data.to_vec()).filter(|data| !data.is_empty());
    let values = vec![session, line.map(<[u8]>::to_vec)];
    let read = |kept| read_reply(KeyLayout::OneKey, values.clone(), kept, None);
    let Ok(loaded) = read(kept) else {
        return;
    };
    match &loaded.session {
        Session::New => assert!(data.is_empty() && line.is_none_or(<[u8]>::is_empty)),
        Session::Live(record) => {
            assert!(kept);
            assert!(data.ends_with(record.data.as_bytes()) && data.contains(&b'\n'));
            let lost = read(false).unwrap();
            assert!(lost.precondition != loaded.precondition);
            assert!(is_lost(&lost.session));
        }
        Session::Expired(_) => assert!(data.is_empty()),
        Session::Corrupt { .. } | Session::Newer { .. } => {}
    }
    assert!(loaded.commit_status.is_none());
}

/// Whether it is a session whose commit ids are lost.
fn is_lost(session: &Session) -> bool {
    matches!(
        session,
        Session::Corrupt {
            why: Corruption::CommitIds,
            ..
        }
    )
}

/// Visible ASCII of at most so many bytes.
fn is_word(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use vimbiso_state::store::CommitStatus;

    use super::*;

    fn five(seed: &[u8]) -> Loaded {
        read_five(values(seed), true).unwrap()
    }

    /// A seed that is refused at the first check would lead the fuzzer nowhere.
    #[test]
    fn seeds_are_read_as_they_are_named() {
        let whole = five(include_bytes!("../seeds/redis_reply/whole"));
        assert!(matches!(whole.session, Session::Live(record) if record.option.is_some()));
        assert!(matches!(
            whole.commit_status,
            Some(CommitStatus::Applied { reply: Some(_), .. })
        ));
        let fenced = five(include_bytes!("../seeds/redis_reply/fenced"));
        assert!(matches!(fenced.session, Session::Live(_)));
        assert_eq!(fenced.commit_status, Some(CommitStatus::Fenced));
        let expired = five(include_bytes!("../seeds/redis_reply/expired"));
        assert!(matches!(expired.session, Session::Expired(_)));
        let newer = five(include_bytes!("../seeds/redis_reply/newer"));
        assert!(matches!(newer.session, Session::Newer { found: 2, .. }));
        let one = |seed: &[u8]| {
            let values = vec![Some(seed.to_vec()), None];
            read_reply(KeyLayout::OneKey, values, true, None)
        };
        let whole = one(include_bytes!("../seeds/redis_reply/one_key")).unwrap();
        assert!(matches!(whole.session, Session::Live(_)));
        let torn = one(include_bytes!("../seeds/redis_reply/one_key_cut_off")).unwrap();
        assert!(matches!(torn.session, Session::Corrupt { .. }));
    }
}
