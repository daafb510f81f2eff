//! How much memory a run may take.

use std::path::PathBuf;
use std::sync::Arc;

use flowlog_core::state::Budget;

use crate::cli::MemoryArgs;

/// Of the memory that a run may take, the part that is for rows. What is kept of hosts in a set full of the internet's
/// noise grows with the set and takes most of the rest; rows are what can go to disk.
const SHARE_OF_ROWS: u64 = 8;

impl MemoryArgs {
    /// What rows may take, and where the others go.
    pub fn budget(&self) -> Arc<Budget> {
        let limit = self.max_memory.map_or_else(half_of_the_machine, |size| size.0);
        Budget::new(limit / SHARE_OF_ROWS, self.folder())
    }

    /// Where temporary files go.
    pub fn folder(&self) -> PathBuf {
        self.temp_dir.clone().unwrap_or_else(std::env::temp_dir)
    }
}

/// Half of what the machine has, or of what the control group this process is in may have.
fn half_of_the_machine() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let all = system.total_memory();
    let group = system.cgroup_limits().map_or(all, |limits| limits.total_memory);
    // Nothing is known: what any machine has.
    let known = all.min(group);
    if known == 0 { 2 << 30 } else { known / 2 }
}
