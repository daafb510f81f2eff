//! Names that people's pipelines give to the fields of a tuple -> what they mean.

/// What a field says. Fields of summaries come behind those of single tuples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The whole tuple as Azure writes it.
    Tuple,
    /// When the tuple is of, by a name that says so.
    Time,
    /// A time, of the tuple if there is no [`Self::Time`].
    AnyTime,
    RecordTime,
    Mac,
    Resource,
    Acl,
    Rule,
    Kind,
    Direction,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    Protocol,
    State,
    Decision,
    Encryption,
    PacketsSent,
    BytesSent,
    PacketsReceived,
    BytesReceived,
    /// When the first flow of a summary began.
    FlowStart,
    SourcePublic,
    DestinationPublic,
    AllowedIn,
    AllowedOut,
    DeniedIn,
    DeniedOut,
    /// As the NIC saw it.
    PacketsOut,
    BytesOut,
    PacketsIn,
    BytesIn,
    SubType,
}

/// How many there are.
pub(super) const COLUMNS: usize = Column::SubType as usize + 1;

/// Longest name that is looked up, in bytes.
const LONGEST: usize = 64;

/// Names without case, blanks and signs. Of one meaning the first field of a row counts.
const NAMES: &[(Column, &[&str])] = &[
    (Column::Tuple, &["flowtuple", "flowtuples", "tuple"]),
    (
        Column::Time,
        &[
            "timems",
            "unixtimestamp",
            "unixepoch",
            "epoch",
            "starttime",
            "tupletime",
            "flowtime",
            "flowtimestamp",
        ],
    ),
    (Column::AnyTime, &["time", "timestamp", "timeutc", "datetime", "timegenerated"]),
    (Column::RecordTime, &["recordtimeutc", "recordtime"]),
    (Column::Mac, &["mac", "macaddress", "nicmac"]),
    (Column::Resource, &["targetresourceid", "resource", "resourceid"]),
    (
        Column::Acl,
        &["nsg", "acl", "aclid", "aclgroup", "nsgid", "nsgname", "networksecuritygroup", "nsglist"],
    ),
    (Column::Rule, &["rule", "rulename", "nsgrule", "nsgrulename", "aclrule"]),
    (Column::Kind, &["log", "category"]),
    (
        Column::Direction,
        &[
            "direction",
            "flowdirection",
            "trafficflow",
            "devicedirection",
            "networkdirection",
            "trafficdirection",
        ],
    ),
    (
        Column::Source,
        &["source", "src", "sourceip", "srcip", "sourceaddress", "srcaddress", "srcaddr", "sourceipaddress"],
    ),
    (
        Column::Destination,
        &[
            "destination",
            "dest",
            "dst",
            "destinationip",
            "destip",
            "dstip",
            "destinationaddress",
            "destaddress",
            "dstaddress",
            "dstaddr",
            "destinationipaddress",
        ],
    ),
    (Column::SourcePort, &["sourceport", "srcport", "sport"]),
    (Column::DestinationPort, &["destinationport", "destport", "dstport", "dport"]),
    (
        Column::Protocol,
        &["protocol", "proto", "l4protocol", "transportprotocol", "ipprotocol", "networktransport"],
    ),
    (Column::State, &["state", "flowstate"]),
    (
        Column::Decision,
        &["decision", "flowstatus", "traffic", "trafficdecision", "deviceaction", "action", "flowdecision"],
    ),
    (Column::Encryption, &["encryption", "flowencryption", "encryptionstatus"]),
    (
        Column::PacketsSent,
        &[
            "packetssent",
            "packetsstod",
            "packetssrctodest",
            "packetssrctodst",
            "packetssourcetodest",
            "srcpack",
            "srcpackets",
            "sourcepackets",
        ],
    ),
    (
        Column::BytesSent,
        &[
            "bytessent",
            "bytesstod",
            "bytessrctodest",
            "bytessrctodst",
            "bytessourcetodest",
            "bytessentsource",
            "srcbytes",
            "sourcebytes",
        ],
    ),
    (
        Column::PacketsReceived,
        &[
            "packetsreceived",
            "packetsdtos",
            "packetsdesttosrc",
            "packetsdsttosrc",
            "packetsdesttosource",
            "dstpack",
            "dstpackets",
            "destinationpackets",
        ],
    ),
    (
        Column::BytesReceived,
        &[
            "bytesreceived",
            "bytesdtos",
            "bytesdesttosrc",
            "bytesdsttosrc",
            "bytesdesttosource",
            "bytessentdest",
            "dstbytes",
            "destinationbytes",
        ],
    ),
    (Column::FlowStart, &["flowstarttime"]),
    (Column::SourcePublic, &["srcpublicips"]),
    (Column::DestinationPublic, &["destpublicips"]),
    (Column::AllowedIn, &["allowedinflows"]),
    (Column::AllowedOut, &["allowedoutflows"]),
    (Column::DeniedIn, &["deniedinflows"]),
    (Column::DeniedOut, &["deniedoutflows"]),
    (Column::PacketsOut, &["outboundpackets"]),
    (Column::BytesOut, &["outboundbytes"]),
    (Column::PacketsIn, &["inboundpackets"]),
    (Column::BytesIn, &["inboundbytes"]),
    (Column::SubType, &["subtype"]),
];

impl Column {
    /// What a field of this name says, if it is one that is known. Custom tables of Log Analytics end names with a
    /// type (`SrcIP_s`), its portal with a zone (`TimeGenerated [UTC]`); nested objects have dots (`source.ip`).
    pub(super) fn of(name: &str) -> Option<Self> {
        let name = name.trim().trim_end_matches("[UTC]").trim_end();
        let name = match name.as_bytes() {
            [.., b'_', b's' | b'd' | b't' | b'g' | b'b'] => name.get(..name.len() - 2)?,
            _ => name,
        };
        if name.len() > LONGEST {
            return None;
        }
        let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
        let plain: String = letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
        NAMES.iter().find_map(|(column, names)| names.contains(&plain.as_str()).then_some(*column))
    }
}

/// Fields in which a shipper of logs passes a whole record on.
pub(super) fn is_wrapper(name: &str) -> bool {
    const WRAPPERS: [&str; 13] = [
        "message", "body", "_raw", "raw", "log", "event", "original", "_source", "result", "record",
        "records", "data", "payload",
    ];
    WRAPPERS.iter().any(|wrapper| name.eq_ignore_ascii_case(wrapper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_pipelines_are_known_in_any_spelling() {
        for (name, column) in [
            ("src_ip", Column::Source),
            ("SrcIP_s", Column::Source),
            ("source.ip", Column::Source),
            ("sourceAddress", Column::Source),
            ("DestPort_d", Column::DestinationPort),
            ("FlowStartTime [UTC]", Column::FlowStart),
            ("packetsStoD", Column::PacketsSent),
            ("bytesSentDest", Column::BytesReceived),
            ("time_ms", Column::Time),
            ("@timestamp", Column::AnyTime),
            ("network.transport", Column::Protocol),
        ] {
            assert_eq!(Column::of(name), Some(column), "{name}");
        }
        for name in ["", "_s", "comment", "source_class", "protocol_name", "file", "_"] {
            assert_eq!(Column::of(name), None, "{name}");
        }
    }

    #[test]
    fn no_name_means_two_things() {
        let all: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for name in &all {
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
        for (place, (column, _)) in NAMES.iter().enumerate() {
            assert_eq!(*column as usize, place);
        }
    }
}
