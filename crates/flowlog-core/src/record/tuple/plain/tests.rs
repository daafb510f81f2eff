use proptest::prelude::*;

use super::super::parse;
use super::*;

/// Every set of instructions this processor has, and the portable one.
fn levels() -> Vec<Level> {
    let all = vec![Level::fallback(), Level::baseline(), Level::new()];
    #[cfg(target_arch = "x86_64")]
    let all = {
        let best = Level::new();
        let more = [
            best.as_sse2().map(Simd::level),
            best.as_sse4_2().map(Simd::level),
            best.as_avx2().map(Simd::level),
            best.as_avx512().map(Simd::level),
        ];
        all.into_iter().chain(more.into_iter().flatten()).collect()
    };
    all
}

/// Reads a line of tuples at every level.
fn read(line: &str) -> (Vec<FlowTuple>, Stop) {
    let mut found: Option<(Vec<FlowTuple>, Stop)> = None;
    for level in levels() {
        let mut tuples = Vec::new();
        let stop = plain_tuples(level, line.as_bytes(), 0, &mut tuples, None);
        let first = found.get_or_insert_with(|| (tuples.clone(), stop));
        assert_eq!(*first, (tuples, stop), "{level:?} on {line}");
    }
    found.unwrap()
}

/// Enough to look at behind the last tuple.
fn with_tail(text: &str) -> String {
    format!("{text}{:WINDOW$}", "]")
}

#[test]
fn tuples_are_read_up_to_the_first_odd_one() {
    let plain = "1768442369475,10.10.5.19,255.255.255.255,55235,443,6,O,E,X,15,3907,21,25596";
    let (tuples, stop) = read(&with_tail(&format!("\"{plain}\",\"{plain}\"")));
    assert_eq!(tuples, vec![parse(plain).unwrap(); 2]);
    assert_eq!(stop, Stop { at: 2 * plain.len() + 5, behind_tuple: true });
    let (tuples, stop) = read(&with_tail(&format!("\"{plain}\",\"odd\"")));
    assert_eq!((tuples.len(), stop), (1, Stop { at: plain.len() + 3, behind_tuple: false }));
    let (tuples, stop) = read(&format!("\"{plain}\""));
    assert_eq!((tuples.len(), stop), (0, Stop { at: 0, behind_tuple: false }), "too near the end");
}

#[test]
fn the_common_forms_are_read_here() {
    for text in [
        "1768442369475,0.0.0.0,255.255.255.255,0,65535,255,I,B,NX,0,0,0,0",
        "1768442369475,100.200.210.230,101.102.103.104,65535,65535,255,I,C,NX_HW_NOT_SUPPORTED,99999999,99999999,9,9",
        "1768442369475,1.2.3.4,5.6.7.8,00001,00000443,06,O,D,NX,,,,",
        "1493763938,185.170.185.105,10.2.0.4,35370,23,T,I,A,B,,,,",
        "1493763938,185.170.185.105,10.2.0.4,35370,23,U,O,D,E,1,2,3,4",
        "1493763938,185.170.185.105,10.2.0.4,35370,23,T,I,A",
        "1493763938,185.170.185.105,10.2.0.4,35370,23,U,I,D",
    ] {
        let (tuples, _) = read(&with_tail(&format!("\"{text}\"")));
        assert_eq!(tuples, vec![parse(text).unwrap()], "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_is_read_is_what_the_plain_parser_reads(
        fields in (
            prop_oneof!["17[0-9]{11}", "[0-9]{8,15}"],
            "([0-9]{1,3}\\.){3}[0-9]{1,3}",
            prop_oneof!["(1[0-9]{0,2}\\.){3}[0-9]{1,2}", "([0-9]{0,4}\\.){2,4}[0-9]{1,4}"],
            "[0-9]{1,5}",
            "[1-6]?[0-9]{1,4}",
            "6|17|T|U|[0-9]{1,3}|[A-Z]",
            "[IO]|[A-Z]",
            "[BCED]|A",
            "NX|X|B|NX_FALLBACK|[A-Z]{1,3}",
            prop_oneof![Just("0,0,0,0".to_owned()), Just(",,,".to_owned()), "([0-9]{1,9},){3}[0-9]{1,9}"],
        ),
        at in any::<prop::sample::Index>(),
        odd in prop_oneof![5 => Just(None), 1 => any::<char>().prop_map(Some), 1 => "[,.0\"]".prop_map(|text| text.chars().next())],
    ) {
        let (time, source, destination, from, to, protocol, direction, state, word, counters) = fields;
        let mut text =
            format!("{time},{source},{destination},{from},{to},{protocol},{direction},{state},{word},{counters}");
        if let Some(odd) = odd {
            let at = at.index(text.len());
            text.replace_range(at..=at, &odd.to_string());
        }
        let (tuples, stop) = read(&with_tail(&format!("\"{text}\"")));
        if let Some(tuple) = tuples.first() {
            let read = text.get(..stop.at - 2).unwrap();
            prop_assert_eq!(Ok(*tuple), parse(read), "{}", text);
        }
    }
}
