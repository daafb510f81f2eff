//! One bad tuple between good ones: counted as malformed, and the rest is counted all the same.

use super::{Fault, GOOD, document_of, good, quoted};

pub(super) fn all() -> Vec<Fault> {
    vec![
        bad("tuple_too_few_fields", r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0""#),
        bad("tuple_too_many_fields", r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0,0""#),
        bad("tuple_empty", r#""""#),
        bad("tuple_bad_time", r#""yesterday,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0""#),
        bad("tuple_bad_source", r#""1768464001000,10.10.1.256,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0""#),
        bad("tuple_bad_destination", r#""1768464001000,10.10.1.4,fd00::zz,40001,8080,6,O,B,X,0,0,0,0""#),
        bad("tuple_bad_port", r#""1768464001000,10.10.1.4,10.10.2.5,40001,70000,6,O,B,X,0,0,0,0""#),
        bad("tuple_bad_protocol", r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,256,O,B,X,0,0,0,0""#),
        bad("tuple_bad_direction", r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,S,B,X,0,0,0,0""#),
        bad("tuple_bad_state", r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,Q,X,0,0,0,0""#),
        bad("tuple_negative_counter", r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,E,X,-1,60,1,60""#),
        bad(
            "tuple_counter_overflow",
            r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,E,X,1,18446744073709551616,1,60""#,
        ),
        no_text("tuple_number", "17"),
        no_text("tuple_null", "null"),
        no_text("tuple_object", r#"{"src":"10.10.1.4","list":[1,2,{"x":null}]}"#),
        no_text("tuple_array", r#"["10.10.1.4","10.10.2.5"]"#),
        fine("tuple_empty_counters", r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,NX,,,,""#),
        fine("tuple_in_seconds", r#""1768464001,10.10.1.4,10.10.2.5,40001,8080,6,O,B,NX,0,0,0,0""#),
        fine("tuple_ipv6", r#""1768464001000,fd00:db8:a:1::4,::ffff:192.0.2.1,0,0,58,O,B,NX,0,0,0,0""#),
        fine(
            "tuple_unknown_encryption",
            r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,NX_SOMETHING_NEW,0,0,0,0""#,
        ),
        fine("tuple_escaped", r#""1768464001000\u002c10.10.1.4,10.10.2.5,40001,8080,6,\u004f,B,X,0,0,0,0""#),
        fine(
            "tuple_largest_counters",
            r#""1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,E,X,9223372036854775807,9223372036854775807,1,60""#,
        ),
    ]
}

/// The tuple (as JSON) between good ones.
fn between(tuple: &str) -> String {
    document_of(&format!("{},{tuple},{}", quoted(&GOOD[..2]), quoted(&GOOD[2..])))
}

fn bad(name: &'static str, tuple: &str) -> Fault {
    Fault { malformed: 1, ..good(name, between(tuple), 1, 3) }
}

/// No string at all: the file's shape is not that of a flow log.
fn no_text(name: &'static str, tuple: &str) -> Fault {
    Fault { error: true, ..bad(name, tuple) }
}

fn fine(name: &'static str, tuple: &str) -> Fault {
    good(name, between(tuple), 1, 4)
}
