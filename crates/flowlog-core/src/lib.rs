//! Decode and aggregate Azure VNet and NSG flow logs.
//!
//! The library knows neither the network, nor a terminal, nor a clock: it turns bytes into
//! tuples ([`record`]), tuples into pairs of hosts ([`state`]) and these into one report
//! ([`report::Report`]) which every renderer reads, or those of two sets into their comparison
//! ([`compare::Comparison`]). A module uses only what stands to its left:
//!
//! ```text
//! text -> radix -> parallel -> error -> blob_path -> bytes -> flow -> policy -> record -> anonymize -> connection -> enrich -> select -> state -> finding -> report -> flows -> charts -> compare
//! ```
#![deny(missing_docs)]

pub mod anonymize;
pub mod blob_path;
pub mod bytes;
pub mod charts;
pub mod compare;
pub mod connection;
pub mod enrich;
pub mod error;
pub mod finding;
pub mod flow;
pub mod flows;
mod parallel;
pub mod policy;
mod radix;
pub mod record;
pub mod report;
pub mod select;
pub mod state;
pub mod text;
