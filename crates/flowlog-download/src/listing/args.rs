//! The options that narrow a run.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use flowlog_core::blob_path::Mac;

use super::{
    filter::Selection,
    window::{Window, parse_from, parse_span, parse_to},
};
use crate::error::{Failure, Kind};

/// Which part of the source is wanted.
#[derive(Args, Clone, Debug, Default)]
pub struct SelectArgs {
    /// Only flows since this UTC date or time (2025-10-05, 2025-10-05T09:30)
    #[arg(long, value_name = "TIME", value_parser = parse_from)]
    pub from: Option<DateTime<Utc>>,

    /// Only flows up to this UTC time; a date means up to the end of that day
    #[arg(long, value_name = "TIME", value_parser = parse_to)]
    pub to: Option<DateTime<Utc>>,

    /// Only the last 30m, 6h, 7d, ...
    #[arg(long, value_name = "SPAN", value_parser = parse_span, conflicts_with_all = ["from", "to"])]
    pub last: Option<TimeDelta>,

    /// Only this flow log, or for NSG logs this network security group; may be repeated
    #[arg(long, value_name = "NAME")]
    pub flow_log: Vec<String>,

    /// Only this subscription; may be repeated
    #[arg(long, value_name = "ID")]
    pub subscription: Vec<String>,

    /// Only the NIC with this MAC address; may be repeated
    #[arg(long, value_name = "MAC", value_parser = mac)]
    pub mac: Vec<Mac>,
}

impl SelectArgs {
    /// The validated selection.
    pub fn selection(&self) -> Result<Selection, Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err(Failure::new(Kind::Usage, format!("--from {from} is not before --to {to}")));
        }
        Ok(Selection {
            window: Window { from: self.from, to: self.to },
            last: self.last,
            flow_logs: self.flow_log.clone(),
            subscriptions: self.subscription.clone(),
            macs: self.mac.clone(),
        })
    }
}

fn mac(text: &str) -> Result<Mac, String> {
    Mac::parse(text)
        .ok_or_else(|| "expected twelve hex digits, bare or in pairs: 7C-1E-52-64-84-0B".to_owned())
}
