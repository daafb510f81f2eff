//! The analyser: flow-log files in, a report out.
#![forbid(unsafe_code)]

pub mod cli;
pub mod progress;
pub mod render;
pub mod walk;
