use super::*;

fn finding(rule: &'static str, entity: &str) -> Finding {
    Finding {
        id: format!("{rule}:{entity}"),
        rule,
        severity: Severity::High,
        title: String::new(),
        reason: Reason::default(),
        entity: entity.to_owned(),
        concern: Concern::new(Deed::SlowScan, entity, "", 0),
        first_time_ms: Some(0),
        last_time_ms: Some(0),
        techniques: &[],
        next_step: NextStep::NothingToDo,
        evidence: Vec::new(),
        evidence_rows: 0,
    }
}

fn entry(rule: &str, entity: &str, expires: &str) -> Suppression {
    let [rule, entity, expires] = [rule, entity, expires].map(str::to_owned);
    Suppression { rule, entity, reason: "the scanner of the security team".to_owned(), expires }
}

#[test]
fn a_suppression_holds_up_to_its_last_day_and_for_its_network() {
    let list = Suppressions {
        suppress: vec![
            entry("vertical-scan", "10.0.0.0/24", "2026-06-30"),
            entry("*", "10.9.9.9", "2026-06-29"),
        ],
    };
    let findings = || vec![finding("vertical-scan", "10.0.0.7"), finding("beacon", "10.9.9.9")];
    let (kept, gone, expired) = list.apply(findings(), "2026-06-30");
    assert_eq!((kept.len(), gone.len(), expired.len()), (1, 1, 1));
    assert_eq!((kept[0].rule, gone[0].id.as_str()), ("beacon", "vertical-scan:10.0.0.7"));
    let (kept, _, expired) = list.apply(findings(), "2026-07-01");
    assert_eq!((kept.len(), expired.len()), (2, 2));
}

#[test]
fn slips_in_a_suppression_list_are_told() {
    let check = |entry| Suppressions { suppress: vec![entry] }.check();
    assert!(check(entry("beacon", "*", "2026-12-31")).is_ok());
    let unknown = check(entry("becaon", "*", "2026-12-31")).unwrap_err().to_string();
    assert!(unknown.contains("becaon") && unknown.contains("vertical-scan"), "{unknown}");
    assert!(check(entry("beacon", "*", "2026-02-30")).is_err());
    assert!(check(entry("beacon", "*", "2026-2-3")).is_err());
    assert!(check(Suppression { reason: " ".to_owned(), ..entry("beacon", "*", "2026-12-31") }).is_err());
}

#[test]
fn severities_are_ordered_by_gravity() {
    assert!(Severity::ALL.is_sorted_by(|a, b| a > b));
}
