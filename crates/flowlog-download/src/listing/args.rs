//! The options that narrow a run.

use chrono::TimeDelta;
use clap::Args;
use flowlog_core::blob_path::Mac;
use flowlog_core::select::when::{Asked, parse_from, parse_span, parse_to};

use super::{filter::Selection, window::Window};
use crate::error::{Failure, Kind};

/// Which part of the source is wanted.
#[derive(Args, Clone, Debug, Default)]
pub struct SelectArgs {
    /// Only flows since this time, e.g. 2025-10-05T09:30
    ///
    /// UTC, or with an offset; a date alone means its beginning.
    #[arg(long, value_name = "TIME", value_parser = parse_from)]
    pub from: Option<Asked>,

    /// Only flows before this time
    ///
    /// A date alone means up to the end of that day.
    #[arg(long, value_name = "TIME", value_parser = parse_to)]
    pub to: Option<Asked>,

    /// Only the last 30m, 6h, 7d, ...
    #[arg(long, value_name = "SPAN", value_parser = parse_span, conflicts_with_all = ["from", "to"])]
    pub last: Option<TimeDelta>,

    /// Only this flow log
    ///
    /// For NSG flow logs, this network security group. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub flow_log: Vec<String>,

    /// Only this subscription
    ///
    /// May be repeated.
    #[arg(long, value_name = "ID")]
    pub subscription: Vec<String>,

    /// Only the NIC with this MAC address
    ///
    /// May be repeated.
    #[arg(long, value_name = "MAC", value_parser = mac)]
    pub mac: Vec<Mac>,
}

impl SelectArgs {
    /// The validated selection.
    pub fn selection(&self) -> Result<Selection, Failure> {
        if let (Some(from), Some(to)) = (&self.from, &self.to)
            && from.time >= to.time
        {
            return Err(empty(from, to));
        }
        let time = |asked: &Option<Asked>| asked.as_ref().map(|asked| asked.time);
        Ok(Selection {
            window: Window { from: time(&self.from), to: time(&self.to) },
            last: self.last,
            flow_logs: self.flow_log.clone(),
            subscriptions: self.subscription.clone(),
            macs: self.mac.clone(),
        })
    }
}

/// No time lies between the two: most often they were swapped.
fn empty(from: &Asked, to: &Asked) -> Failure {
    let same = parse_from(&to.text).is_ok_and(|start| start.time == from.time);
    let how = if same { "the same moment as" } else { "later than" };
    let (from, to) = (&from.text, &to.text);
    let failure =
        Failure::new(Kind::Usage, format!("--from {from} is {how} --to {to}: no time lies between them"));
    if same {
        failure.hint("--to itself does not belong to the time; a date alone means its whole day")
    } else {
        failure.hint(format!("the other way round? --from {to} --to {from}"))
    }
}

fn mac(text: &str) -> Result<Mac, String> {
    Mac::parse(text)
        .ok_or_else(|| "expected twelve hex digits, bare or in pairs: 7C-1E-52-64-84-0B".to_owned())
}
