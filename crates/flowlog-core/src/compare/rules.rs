//! Rules that were hit in one set alone.

use std::collections::BTreeMap;

use super::changes::listed;
use super::model::{Delta, RuleRow};
use crate::state::Summary;

/// Rules hit in one set alone. The ACL of an NSG flow log is its resource id in upper case: case says nothing.
pub(super) fn changes(sets: [&Summary; 2], limit: usize) -> Delta<RuleRow> {
    let mut hit: BTreeMap<(String, String), [Option<RuleRow>; 2]> = BTreeMap::new();
    for (side, set) in sets.into_iter().enumerate() {
        for ((acl, rule), counts) in set.rules.rows().iter().filter(|(_, counts)| counts.tuples > 0) {
            let both = hit.entry((acl.to_ascii_lowercase(), rule.clone())).or_default();
            let Some(slot) = both.get_mut(side) else { continue };
            let row = RuleRow { acl: acl.clone(), rule: rule.clone(), tuples: 0, denied: 0 };
            let row = slot.get_or_insert(row);
            row.tuples += counts.tuples;
            row.denied += counts.denied;
            // Of several spellings the one that sorts first, whichever was met first.
            row.acl = acl.clone().min(std::mem::take(&mut row.acl));
        }
    }
    let (mut new, mut vanished, mut kept) = (Vec::new(), Vec::new(), 0);
    for both in hit.into_values() {
        match both {
            [None, Some(row)] => new.push(row),
            [Some(row), None] => vanished.push(row),
            _ => kept += 1,
        }
    }
    let by = |x: &RuleRow, y: &RuleRow| {
        y.tuples.cmp(&x.tuples).then_with(|| (&x.acl, &x.rule).cmp(&(&y.acl, &y.rule)))
    };
    let list = |rows| listed(rows, limit, by, RuleRow::clone);
    Delta { new: list(new), vanished: list(vanished), kept }
}
