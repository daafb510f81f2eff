use std::collections::BTreeSet;
use std::fmt::Debug;

use super::*;

/// Names of an enum's variants, from the source that defines it.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let body = source.split(&format!("pub enum {name} {{")).nth(1).unwrap();
    let body = body.split("\n}").next().unwrap();
    let names = body.lines().map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
    names.map(|line| line.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()).collect()
}

fn name(value: &impl Debug) -> String {
    let told = format!("{value:?}");
    told.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

/// Figures and names in a text, in order of themselves: what a translation must not lose.
fn figures(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut found: Vec<String> =
        parts.filter(|part| part.contains(|c: char| c.is_ascii_digit())).map(str::to_owned).collect();
    found.sort();
    found
}

/// Every variant is among `samples`, and each says the same in both languages in other words.
fn hold<T: Debug>(samples: &[T], wanted: &BTreeSet<String>, say: impl Fn(Lang, &T) -> String) {
    assert_eq!(samples.iter().map(name).collect::<BTreeSet<_>>(), *wanted);
    for sample in samples {
        let [english, spanish] = [Lang::En, Lang::Es].map(|lang| say(lang, sample));
        assert_eq!(figures(&english), figures(&spanish), "{english} | {spanish}");
        assert!(english.is_empty() == spanish.is_empty(), "{english}");
        assert!(english != spanish || english.is_empty(), "{english}");
        assert!(!spanish.contains(" the ") && !spanish.contains(" of "), "{spanish}");
    }
}

const CORE: [&str; 4] = [
    include_str!("../../../../flowlog-core/src/finding/sentence.rs"),
    include_str!("../../../../flowlog-core/src/finding/note.rs"),
    include_str!("../../../../flowlog-core/src/report/remark.rs"),
    include_str!("../../../../flowlog-core/src/compare/caveat.rs"),
];

/// Each sentence, for one and for several, and with each of its variants.
fn sentences() -> Vec<Sentence> {
    use Sentence as S;
    let mut all = Vec::new();
    for n in [1, 217] {
        let seconds = 47 * i64::try_from(n).unwrap();
        for (several, answered) in [(false, false), (true, true)] {
            all.push(S::ThreatLetOut { connections: n, several, answered });
            all.push(S::ThreatLetIn { connections: n, several, answered });
            all.push(S::ThreatDeniedOut { packets: n, several });
            let percent = 83.0;
            all.push(S::GotNoAnswer { percent, as_in_syn_flood: several });
            all.push(S::OpenForHours { low: 4.0, medium: 12.0, host: "h7".to_owned(), rare: several });
            all.push(S::Regular { times: 0.91, sizes: 0.92, spread: 0.93, duration: 0.94, whole: several });
            all.push(S::HostsOfOnePort { limit: 20, window: seconds, percent });
            all.push(S::HostsPinged { limit: 20, window: seconds, percent });
        }
        all.extend([
            S::ThreatLists,
            S::ThreatKeptOut { packets: n },
            S::PortsOfOneHost { limit: 15, window: seconds, most: n },
            S::VulnerabilityScanners,
            S::PayloadBack { failed: n, least: 15, public: 10 },
            S::LetThroughAfterScan { least: 15 },
            S::FateNotLogged,
            S::AnsweredAdmin { addresses: n },
            S::ConnectionsASecond { least: 1.5 },
            S::ProxiesDoTheSame,
            S::LongByNature,
            S::UploadOutOfLine { times: 11.0, hosts: n, usual_bytes: 3_500_000, score: 4.6, limit: 3.5 },
            S::BackupsLookTheSame,
            S::UsualOfHost { connections: n },
            S::TooYoung { connections: n },
            S::LoadTestsLookTheSame,
            S::TriedInVain { limit: 3000 },
            S::LookUpsAnswered,
            S::LookUpsLarge { packets: 1000, bytes: 300 },
            S::OwnForwarder,
            S::PasswordsInClear,
            S::OneEndCannotEncrypt,
            S::DroppedUnencrypted,
            S::BusyAround { logs: n },
            S::GapsLookTheSame,
            S::DeniedOnTheWayOut { packets: n },
            S::DeniedOutboundCauses,
            S::NewLogins { hosts: 6, times_usual: 3.0, usual: n },
            S::FirstHours,
            S::RolloutsDoThis,
            S::ContactsOfAScanner { percent: 99.0, failed: 25 },
            S::DeadTargets { hosts: 3 },
            S::OutdatedList,
            S::InventoryDoesTheSame,
            S::DataCover { seconds },
            S::DataCover { seconds: 200_000 },
            S::ConnectionsWithin { connections: 48, seconds },
            S::ShapeOfGaps { connections: 48, seconds, shape: 21.4, limit: 16.0 },
            S::UsersOfDestination { users: n, hosts: 400 },
            S::UpdatesLookTheSame,
            S::ManyDestinations { limit: 10 },
            S::SessionsOfOneSource { limit: 60 },
            S::WorstSource { host: "h7".to_owned(), attempts: 2_120, densest: 64 },
            S::LongSessionAfter { host: "h7".to_owned(), more: n - 1 },
            S::HealthChecks,
            S::SessionsFromInside { people: 21, services: 101, patient: 61, most: n },
            S::LongerSessionFollowed,
            S::ProviderUnknown,
            S::ProviderVendor("Vendor9"),
            S::ProviderRented("Hoster9"),
        ]);
    }
    all
}

#[test]
fn every_sentence_is_there_in_both_languages() {
    hold(&sentences(), &variants(CORE[0], "Sentence"), |lang, sentence| {
        reason(lang, &Reason(vec![sentence.clone()]))
    });
}

#[test]
fn a_reason_is_its_sentences() {
    let said =
        Reason(vec![Sentence::ConnectionsWithin { connections: 48, seconds: 9_000 }, Sentence::OutdatedList]);
    let told = |lang| reason(lang, &said);
    assert_eq!(
        told(Lang::En),
        "48 connections within 2.5 hours. An outdated list of servers looks the same."
    );
    assert_eq!(
        told(Lang::Es),
        "48 conexiones en 2,5 horas. Una lista de servidores anticuada tiene el mismo aspecto."
    );
}

#[test]
fn every_note_is_there_in_both_languages() {
    let seconds = 24;
    let of = |yes| [Note::Judged { mostly_failed: yes }, Note::OfLikeSize { densest: 64, login_after: yes }];
    let mut notes = vec![
        Note::None,
        Note::FailedWithin { burst: 60, seconds },
        Note::FailedOnPort { burst: 60, seconds },
        Note::PingedWithin { seconds, unanswered: 9 },
        Note::CameBack { bytes: 4_400 },
        Note::LetThroughUntold,
        Note::WithoutRecord { before: 70, after: 80 },
        Note::Denied,
        Note::BothWays,
        Note::InAll,
        Note::Sent,
        Note::SentBytes { bytes: 4_400 },
        Note::WithAnAnswer,
        Note::InThatHour,
        Note::ASecond { rate: 1.5 },
        Note::LongestHours { hours: 7.5 },
    ];
    notes.extend([true, false].into_iter().flat_map(of));
    hold(&notes, &variants(CORE[1], "Note"), |lang, said| note(lang, said, 60));
    assert_eq!(note(Lang::Es, &Note::CameBack { bytes: 4_400 }, 1), "permitida, volvieron 4,2 KiB");
}

#[test]
fn every_remark_is_there_in_both_languages() {
    let mut remarks = vec![Remark::NoDenials, Remark::NoBegins, Remark::NoEnds, Remark::NoContinued];
    for n in [1, 2_345] {
        remarks.extend([
            Remark::Gaps { logs: n },
            Remark::LateOrEarly { logs: n },
            Remark::EmptyHours { hours: n },
            Remark::LoggedTwice { nics: n },
            Remark::Stateless { connections: n },
            Remark::Untimed { tuples: n },
            Remark::Repeated { records: n },
        ]);
    }
    hold(&remarks, &variants(CORE[2], "Remark"), remark);
    let limits = [RulesLimit::NoDenied, RulesLimit::NoBegun];
    hold(&limits, &variants(CORE[2], "RulesLimit"), |lang, limit| rules_limit(lang, *limit));
}

#[test]
fn every_caveat_is_there_in_both_languages() {
    let mut caveats = vec![
        Caveat::OtherTime,
        Caveat::NoCommonHost,
        Caveat::Overlap { ms: 7_500_000 },
        Caveat::Faults { set: Letter::A, cut: 3, files: 9, malformed: 7 },
    ];
    for set in [Letter::A, Letter::B] {
        let named = vec!["n1".to_owned(), "n2".to_owned()];
        caveats.extend([
            Caveat::Empty(set),
            Caveat::NoDenied(set),
            Caveat::NoAllowed(set),
            Caveat::NoBegun(set),
            Caveat::NoCounters(set),
            Caveat::Mixed(set),
            Caveat::Spans(set),
            Caveat::Nics { set, nics: 1, named: vec!["n1".to_owned()] },
            Caveat::Nics { set, nics: 5, named },
        ]);
    }
    hold(&caveats, &variants(CORE[3], "Caveat"), caveat);
}
