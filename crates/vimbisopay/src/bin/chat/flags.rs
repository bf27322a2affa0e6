//! The flags of the command line.

use vimbiso_state::UserId;

pub(crate) const USAGE: &str = "\
usage: chat [--user ID] [--ttl SECONDS] [--tier 1|2] [--members ID,ID]
            [--redis URL [--namespace NAME] [--layout five|one]]

  --user ID          the user who writes (default: 263771234567)
  --ttl SECONDS      the time until a session without messages expires (default: 300)
  --tier 1|2         the main menu of the accounts: 1 basic, 2 advanced (default: 1)
  --members ID,ID    the users who are members already (default: none)
  --redis URL        keep the sessions in this Redis, which several processes may share
                     (default: in memory); each process simulates an API of its own, so
                     give all of them the same --members
  --namespace NAME   a prefix of every key in Redis (default: none)
  --layout five|one  the keys in Redis: the specification's five for each user, or one
                     (default: five)
  --help             print this text";

pub(crate) struct Flags {
    pub(crate) user: UserId,
    pub(crate) ttl: u64,
    pub(crate) tier: u8,
    pub(crate) members: Vec<UserId>,
    pub(crate) redis: Option<String>,
    pub(crate) namespace: Option<String>,
    /// Whether a user has one key in Redis instead of five.
    pub(crate) one_key: Option<bool>,
}

impl Flags {
    /// Reads the arguments. `None` if they ask for the usage.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let user = UserId::new("263771234567").map_err(|why| why.to_string())?;
        let mut flags = Self {
            user,
            ttl: 300,
            tier: 1,
            members: Vec::new(),
            redis: None,
            namespace: None,
            one_key: None,
        };
        while let Some(flag) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{flag} takes a value"));
            let id = |text: &str| UserId::new(text).map_err(|why| format!("{flag}: {why}"));
            match flag.as_str() {
                "--user" => flags.user = id(&value()?)?,
                "--ttl" => flags.ttl = value()?.parse().map_err(|_| "--ttl takes whole seconds")?,
                "--tier" => flags.tier = tier(&value()?).ok_or("--tier takes 1 or 2")?,
                "--members" => {
                    flags.members = value()?.split(',').map(id).collect::<Result<_, _>>()?
                }
                "--redis" => flags.redis = Some(value()?),
                "--namespace" => flags.namespace = Some(value()?),
                "--layout" => {
                    flags.one_key = Some(one_key(&value()?).ok_or("--layout takes five or one")?)
                }
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown flag {flag}")),
            }
        }
        match flags {
            Self {
                redis: None,
                namespace: Some(_),
                ..
            } => Err("--namespace goes with --redis".to_owned()),
            Self {
                redis: None,
                one_key: Some(_),
                ..
            } => Err("--layout goes with --redis".to_owned()),
            flags => Ok(Some(flags)),
        }
    }
}

fn one_key(text: &str) -> Option<bool> {
    match text {
        "five" => Some(false),
        "one" => Some(true),
        _ => None,
    }
}

pub(crate) fn tier(text: &str) -> Option<u8> {
    text.parse().ok().filter(|tier| matches!(tier, 1 | 2))
}
