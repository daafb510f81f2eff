//! How many own hosts talk to a host of the internet: counted of those alone that a detector asks for.

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use crate::parallel::map;
use crate::state::lists::Rows;
use crate::state::{HostId, SpillError};

/// Own hosts that have conversations with a host of the internet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Users {
    /// Whoever began.
    pub(super) all: usize,
    /// Own hosts that began some.
    pub(super) callers: usize,
}

pub(super) type UsersOf = HashMap<HostId, Users, RandomState>;

/// Rows that one thread counts at a time.
const PART: usize = 1 << 16;

/// The users of the `asked` hosts. `called` names each host of the internet once for each own host that calls it,
/// `calling` once for each own host that it calls without being called.
///
/// # Errors
/// Rows on disk cannot be read.
pub(super) fn users(
    asked: HashSet<HostId, RandomState>,
    called: &Rows<HostId>,
    calling: &Rows<HostId>,
) -> Result<UsersOf, SpillError> {
    let mut users: UsersOf = asked.into_iter().map(|host| (host, Users::default())).collect();
    if users.is_empty() {
        return Ok(users);
    }
    let mut away = Vec::new();
    for (rows, callers) in [(called, 1), (calling, 0)] {
        rows.each_away(|host| {
            if users.contains_key(&host) {
                away.push((host, callers));
            }
        })?;
    }
    let parts = |rows| Rows::lists(rows).flat_map(|list| list.chunks(PART));
    let parts: Vec<_> =
        parts(called).map(|part| (part, 1)).chain(parts(calling).map(|part| (part, 0))).collect();
    let counts = map(parts, |(part, callers)| {
        let mut counts: HashMap<HostId, usize, RandomState> = HashMap::default();
        for host in part.iter().filter(|host| users.contains_key(*host)) {
            *counts.entry(*host).or_default() += 1;
        }
        (counts, callers)
    });
    for (host, callers) in away {
        let known = users.entry(host).or_default();
        known.all += 1;
        known.callers += callers;
    }
    for (counts, callers) in counts {
        for (host, count) in counts {
            let known = users.entry(host).or_default();
            known.all += count;
            known.callers += count * callers;
        }
    }
    Ok(users)
}
