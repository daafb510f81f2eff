//! Test kit: scenario generator with exact truth, and real services for tests.
//!
//! Nothing here depends on `flowlog-core`: what the generator says of its own data is an independent
//! witness for what the tools say of it.

pub mod archives;
pub mod azurite;
pub mod browser;
pub mod fault_proxy;
pub mod faults;
pub mod mmdb;
mod npm;
pub mod nsg_copy;
mod rng;
pub mod samples;
pub mod scenario;
pub mod slow_reader;
pub mod truth;

pub use rng::mix;
