//! Beacons and guessing on what real traffic looks like: each shape in a log written by hand.

mod common;
#[path = "common/nic_log.rs"]
mod nic_log;

use nic_log::{HOUR, Log, MINUTE, OWN, RESET, SECOND, SMALL, STRANGER, of, only, text, times};

#[test]
fn calls_every_few_seconds_for_some_minutes_are_a_beacon_within_one_hour_file() {
    for (pace, minutes) in [(5 * SECOND, 6), (10 * SECOND, 12), (15 * SECOND, 15)] {
        let mut log = Log::default();
        // Long before, something else.
        log.out(0, "203.0.114.77", 443, SMALL);
        let (mut at, mut last) = (20 * MINUTE, 0);
        while at < (20 + minutes) * MINUTE {
            log.out(at, STRANGER, 443, SMALL);
            last = at;
            at += log.about(pace, 0.1);
        }
        let report = log.report();
        let beacon = only(&report, "beacon");
        assert_eq!(beacon["severity"], "medium", "{beacon:#}");
        assert_eq!(times(beacon), (20 * MINUTE, last / SECOND * SECOND));
        assert!(!text(&beacon["reason"]).contains("0 h"), "{beacon:#}");
    }
}

#[test]
fn a_connection_that_is_refused_and_tried_again_without_end_is_a_beacon() {
    let mut log = Log::default();
    for n in 0..600 {
        log.out(n * 500, STRANGER, 4444, RESET);
    }
    let report = log.report();
    assert!(text(&only(&report, "beacon")["evidence"][0]["note"]).contains("failed"));
    // As many answered ones are a busy client, not a punctual one.
    let mut log = Log::default();
    for n in 0..600 {
        log.out(n * 500, STRANGER, 443, SMALL);
    }
    assert!(of(&log.report(), "beacon").is_empty());
}

#[test]
fn chance_is_no_beacon_however_busy() {
    let mut log = Log::default();
    let mut at = 0;
    while at < 20 * HOUR {
        log.out(at, STRANGER, 443, SMALL);
        #[allow(clippy::cast_possible_truncation)]
        let gap = (-90_000.0 * (1.0 - log.chance()).ln()) as i64;
        at += gap.max(1);
    }
    assert!(of(&log.report(), "beacon").is_empty());
}

#[test]
fn a_longer_set_does_not_change_the_score_of_a_clock() {
    let score = |hours: i64| {
        let mut log = Log::default();
        for n in 0..hours * 60 {
            log.out(n * MINUTE, STRANGER, 443, SMALL);
        }
        let report = log.report();
        let title = text(&only(&report, "beacon")["title"]).to_owned();
        title.rsplit("score ").next().unwrap().trim_end_matches(')').parse::<f64>().unwrap()
    };
    // More than the 4,096 begins that are kept.
    assert!((score(24) - score(168)).abs() < 0.02);
}

#[test]
fn jitter_double_connections_and_nights_hide_no_clock() {
    for office in [false, true] {
        let mut log = Log::default();
        let mut at = 0;
        while at < 47 * HOUR {
            if !office || (at / HOUR) % 24 < 9 {
                log.out(at, STRANGER, 443, SMALL);
                log.out(at + 1500, STRANGER, 443, [9, 4000, 9, 9000]);
            }
            at += log.about(5 * MINUTE, 0.5);
        }
        let report = log.report();
        let beacon = only(&report, "beacon");
        assert!(text(&beacon["reason"]).contains("shape"), "{beacon:#}");
    }
}

#[test]
fn vendors_are_named_and_lower_the_severity_in_small_networks_too() {
    let beacon = |to: &str| {
        let mut log = Log::default();
        for n in 0..600 {
            log.out(n * 2 * MINUTE, to, 443, SMALL);
        }
        let report = log.report();
        let beacon = only(&report, "beacon");
        (text(&beacon["severity"]).to_owned(), text(&beacon["title"]).to_owned())
    };
    let (severity, title) = beacon("13.107.42.14");
    assert!(severity == "low" && title.contains("(Microsoft Azure)"), "{severity} {title}");
    assert_eq!(beacon(STRANGER).0, "medium");
    let (severity, title) = beacon("88.198.1.1");
    assert!(severity == "medium" && title.contains("(Hetzner)"), "{severity} {title}");
}

#[test]
fn a_shown_score_agrees_with_its_severity() {
    for pace in [61_i64, 97, 133, 171, 214, 309] {
        for jitter in [0.1, 0.3, 0.5, 0.7, 0.9] {
            let mut log = Log { state: pace.unsigned_abs(), ..Log::default() };
            let mut at = 0;
            while at < 20 * HOUR {
                log.out(at, STRANGER, 443, SMALL);
                at += log.about(pace * SECOND, jitter);
            }
            let report = log.report();
            for beacon in of(&report, "beacon") {
                let title = text(&beacon["title"]);
                let score: f64 =
                    title.rsplit("score ").next().unwrap().trim_end_matches(')').parse().unwrap();
                assert_eq!(beacon["severity"] == "medium", score >= 0.9, "{title}");
                assert!(score >= 0.8, "{title}");
            }
        }
    }
}

/// `tries` failed logins from `source`, spread over 28 minutes from `at` on.
fn guess(log: &mut Log, at: i64, source: &str, tries: i64) {
    for n in 0..tries {
        log.call(at + n * 28 * MINUTE / tries, [source, OWN], 22, 'I', 4000, [14, 1500, 12, 2300]);
    }
}

#[test]
fn guessing_is_told_by_service_and_critical_only_after_a_login() {
    let mut log = Log::default();
    guess(&mut log, 41 * MINUTE, STRANGER, 15);
    guess(&mut log, 47 * MINUTE, "203.0.114.10", 28);
    guess(&mut log, 44 * MINUTE, "203.0.114.11", 20);
    // An idle login stands for 120 s.
    log.call(80 * MINUTE, [STRANGER, OWN], 22, 'I', 120 * SECOND, [9, 900, 9, 1500]);
    let report = log.report();
    let finding = only(&report, "brute-force");
    assert_eq!((text(&finding["entity"]), text(&finding["severity"])), (OWN, "high"));
    assert!(text(&finding["title"]).starts_with("3 sources"), "{finding:#}");
    assert!(text(&finding["reason"]).contains("203.0.114.10"), "the worst: {finding:#}");
    assert_eq!(finding["evidence"].as_array().unwrap().len(), 3);
    log.call(90 * MINUTE, [STRANGER, OWN], 22, 'I', 10 * MINUTE, [300, 30_000, 300, 50_000]);
    let report = log.report();
    let finding = only(&report, "brute-force");
    assert_eq!(finding["severity"], "critical");
    assert!(text(&finding["reason"]).contains(STRANGER), "{finding:#}");
    // The same session before the guesses says nothing, and 14 tries are none.
    let mut log = Log::default();
    log.call(0, [STRANGER, OWN], 22, 'I', 10 * MINUTE, [300, 30_000, 300, 50_000]);
    guess(&mut log, 41 * MINUTE, STRANGER, 15);
    assert_eq!(only(&log.report(), "brute-force")["severity"], "high");
    let mut log = Log::default();
    guess(&mut log, 41 * MINUTE, STRANGER, 14);
    assert!(of(&log.report(), "brute-force").is_empty());
}

#[test]
fn inside_guessers_are_found_at_any_pace_and_monitors_are_none() {
    let log_in = |tries: i64, pace: i64, from: i64, port: u16, others: i64| {
        let mut log = Log::default();
        for n in 0..others {
            log.out(n * 10 * MINUTE, "203.0.114.77", 443, SMALL);
        }
        for n in 0..tries {
            let at = from + n * pace + n * n * 7919 % (pace / 3);
            log.call(at, [OWN, "10.0.0.9"], port, 'O', 2000, [14, 1500, 12, 2300]);
        }
        let report = log.report();
        of(&report, "brute-force").iter().map(|row| text(&row["severity"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(log_in(16, 10 * SECOND, HOUR, 3389, 30), ["high"]);
    assert_eq!(log_in(21, 10 * SECOND, HOUR, 445, 30), ["high"]);
    assert_eq!(log_in(24, 70 * SECOND, HOUR, 22, 30), ["medium"]);
    // Slower than that, or by the clock as long as there are data.
    assert_eq!(log_in(24, 140 * SECOND, HOUR, 22, 30), [""; 0]);
    assert_eq!(log_in(60, MINUTE, 0, 22, 6), [""; 0]);
}
