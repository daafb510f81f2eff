//! A way to a container with faults that can be switched off.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    path::Path,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use flowlog_testkit::{
    azurite::Azurite,
    fault_proxy::{Fault, FaultProxy, Seen},
};

use crate::common::{self, Container};

pub(crate) struct Way {
    pub(crate) proxy: FaultProxy,
    broken: Arc<AtomicBool>,
}

impl Way {
    pub(crate) fn new(
        container: &Container,
        script: impl Fn(&Seen) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let broken = Arc::new(AtomicBool::new(true));
        let on = Arc::clone(&broken);
        let proxy = FaultProxy::start(&container.azurite.endpoint(), move |seen| {
            if on.load(Ordering::Relaxed) { script(seen) } else { None }
        });
        Self { proxy, broken }
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&self) {
        self.broken.store(false, Ordering::Relaxed);
    }

    /// From now on things go wrong.
    pub(crate) fn hurt(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub(crate) fn tool(&self, root: &Path) -> Command {
        let mut tool = common::tool(root);
        tool.args(["--endpoint", &self.proxy.endpoint()]).env("AZ_STORAGE_KEY", Azurite::KEY);
        // A stall is to be noticed within a test's time.
        tool.env("FLOWLOG_TIMEOUT", "2");
        tool
    }

    pub(crate) fn run(&self, root: &Path) -> Output {
        self.tool(root).output().expect("a run")
    }
}
