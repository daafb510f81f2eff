//! The limits of the detectors. docs/detection.md gives the source of each.

use serde::{Deserialize, Serialize};

use super::limits::Allowed;

/// Every limit that can be set; a TOML file names only those it changes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)] // one a detector
pub struct Thresholds {
    /// Networks that are the user's own beside private ones, in CIDR notation; `name=CIDR` names the VNet.
    pub internal: Vec<String>,
    pub vertical_scan: Vertical,
    pub horizontal_sweep: Horizontal,
    pub slow_scan: SlowScan,
    pub brute_force: BruteForce,
    pub lateral_movement: Lateral,
    pub beacon: Beacon,
    pub strobe: Strobe,
    pub long_connection: Long,
    pub exfiltration: Exfiltration,
    pub flood: Flood,
    pub dns: Dns,
    pub log_gap: LogGap,
}

impl Thresholds {
    /// Every section of the file, its keys, and what each of them may be.
    pub fn sections() -> [(&'static str, Vec<(&'static str, Allowed)>); 12] {
        [
            ("vertical_scan", Vertical::limits()),
            ("horizontal_sweep", Horizontal::limits()),
            ("slow_scan", SlowScan::limits()),
            ("brute_force", BruteForce::limits()),
            ("lateral_movement", Lateral::limits()),
            ("beacon", Beacon::limits()),
            ("strobe", Strobe::limits()),
            ("long_connection", Long::limits()),
            ("exfiltration", Exfiltration::limits()),
            ("flood", Flood::limits()),
            ("dns", Dns::limits()),
            ("log_gap", LogGap::limits()),
        ]
    }

    /// The first two limits that contradict each other: the one that must be smaller, and the larger one.
    pub fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        let scan = &self.slow_scan;
        if scan.theta1 >= scan.theta0 {
            Some(("slow_scan.theta1", "slow_scan.theta0"))
        } else if scan.false_alarm >= scan.detection {
            Some(("slow_scan.false_alarm", "slow_scan.detection"))
        } else {
            None
        }
    }
}

macro_rules! limits {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $value:expr,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $value,)* }
            }
        }
        impl $name {
            fn limits() -> Vec<(&'static str, Allowed)> {
                vec![$((stringify!($field), Allowed::of(stringify!($field), stringify!($type))),)*]
            }
        }
    };
}

limits! {
    /// Many ports of one host.
    Vertical {
        /// Distinct ports that failed within the window.
        ports: usize = 15,
        /// Seconds.
        window_seconds: i64 = 300,
    }
}
limits! {
    /// One port of many hosts.
    Horizontal {
        /// Distinct hosts that failed within the window.
        hosts: usize = 25,
        /// Seconds.
        window_seconds: i64 = 300,
        /// Least share of failures among the first contacts of the window.
        failed_share: f64 = 0.5,
    }
}
limits! {
    /// Sequential hypothesis test over first contacts.
    SlowScan {
        /// Chance that a first contact of an ordinary host succeeds.
        theta0: f64 = 0.8,
        /// The same for a scanner.
        theta1: f64 = 0.2,
        /// Chance to call a scanner one.
        detection: f64 = 0.99,
        /// Chance to call an ordinary host a scanner.
        false_alarm: f64 = 0.01,
        /// Least failed first contacts.
        contacts: usize = 15,
        /// A target that at least so many own hosts fail to reach is dead, not scanned.
        dead_for: usize = 3,
    }
}
limits! {
    /// Guessing passwords.
    BruteForce {
        /// Attempts of a host of the internet within half an hour.
        external_attempts: u64 = 15,
        /// Attempts of an internal host within five minutes, at services that people log in to.
        internal_attempts: u64 = 15,
        /// The same at those that programs use: databases, directories, file shares.
        service_attempts: u64 = 20,
        /// Attempts of an internal host within half an hour, at services that people log in to.
        patient_attempts: u64 = 20,
        /// Least share of short sessions among all.
        short_share: f64 = 0.8,
        /// Largest standard deviation of the attempts' bytes, as a share of their mean.
        spread: f64 = 0.5,
    }
}
limits! {
    /// One internal host logging in to many.
    Lateral {
        /// Internal hosts reached for the first time within an hour.
        hosts: usize = 10,
        /// So many times the source's usual number in an hour.
        times_usual: f64 = 3.0,
    }
}
limits! {
    /// Connections by the clock.
    Beacon {
        /// Least connections.
        connections: usize = 12,
        /// Score from which a finding is raised.
        low: f64 = 0.8,
        /// Score from which it is of medium severity.
        medium: f64 = 0.9,
        /// Shortest span of a pair's connections that can be judged over the whole data, seconds.
        span_seconds: u32 = 3600,
        /// Score from which a finding is raised of a dense part alone.
        dense: f64 = 0.9,
        /// Least connections of a dense part.
        dense_connections: usize = 30,
        /// Shortest dense part, seconds.
        dense_seconds: u32 = 120,
        /// Least product of connections and seconds of a dense part: 60 in five minutes.
        dense_product: u64 = 18_000,
        /// Shape of the gaps from which a finding is raised.
        shape: f64 = 2.4,
        /// Least gaps to have a shape.
        shape_gaps: usize = 24,
        /// Who calls so many hosts by the clock is a poller.
        poller: usize = 5,
    }
}
limits! {
    /// Connections without pause.
    Strobe {
        /// Connections a second, on average over the pair's life.
        per_second: f64 = 1.0,
        /// Shortest span, seconds.
        span_seconds: i64 = 3600,
    }
}
limits! {
    /// Connections that stay.
    Long {
        /// Hours from which a finding is raised.
        low_hours: f64 = 4.0,
        /// Hours from which it is of medium severity, if few hosts use the destination.
        medium_hours: f64 = 12.0,
    }
}
limits! {
    /// Volume out of line.
    Exfiltration {
        /// Least bytes sent to one host of the internet.
        bytes: u64 = 200_000_000,
        /// Modified z-score among the hosts' largest uploads (of the logarithm).
        z_score: f64 = 3.5,
        /// Least quotient of bytes sent and received.
        ratio: f64 = 3.0,
    }
}
limits! {
    /// Far more connections than usual.
    Flood {
        /// Attempts within five minutes.
        attempts: u64 = 3000,
        /// Failed attempts of one host at one of the internet within five minutes.
        outbound: u64 = 1500,
        /// So many times the usual five minutes of the host.
        times_usual: f64 = 10.0,
        /// Share that failed, of those whose fate is known, from which it is of medium severity or above.
        failed_share: f64 = 0.5,
    }
}
limits! {
    /// Hours without a record.
    LogGap {
        /// Least tuples of the hour before and of the hour after.
        tuples: u64 = 100,
    }
}
limits! {
    /// Name look-ups past the own resolver.
    Dns {
        /// Least packets sent to one resolver for its volume to be judged.
        packets: u64 = 1000,
        /// Bytes a packet sent from which it is suspicious.
        bytes_per_packet: u64 = 120,
    }
}
