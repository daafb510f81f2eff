//! ASIM `NetworkSession` 0.2.6 (Microsoft Learn, "ASIM Network Session normalization schema reference"). Values follow
//! Microsoft's own parser of Traffic Analytics' table `NTANetAnalytics`, but for the destination's host name, which it
//! takes from the source's machine.

use serde_json::{Value, json};

use super::{Field, Row};

pub(super) const FIELDS: &[Field] = &[
    Field { name: "TimeGenerated", from: "last_time or time_utc", value: |row| Some(row.times()?[1].into()) },
    Field {
        name: "EventStartTime",
        from: "first_time or time_utc",
        value: |row| Some(row.times()?[0].into()),
    },
    Field { name: "EventEndTime", from: "last_time or time_utc", value: |row| Some(row.times()?[1].into()) },
    Field {
        name: "EventCount",
        from: "connections, or tuples if denied; of a tuple 1",
        value: |row| Some(row.count().into()),
    },
    Field { name: "EventType", from: "Flow", value: |_| Some("Flow".into()) },
    Field { name: "EventSchema", from: "NetworkSession", value: |_| Some("NetworkSession".into()) },
    Field { name: "EventSchemaVersion", from: "0.2.6", value: |_| Some("0.2.6".into()) },
    Field { name: "EventVendor", from: "Microsoft", value: |_| Some("Microsoft".into()) },
    Field { name: "EventProduct", from: "Azure NSG flows", value: |_| Some("Azure NSG flows".into()) },
    Field {
        name: "EventResult",
        from: "Failure if denied, else Success",
        value: |row| Some(if row.is_denied() { "Failure" } else { "Success" }.into()),
    },
    Field {
        name: "EventSeverity",
        from: "Low if denied, else Informational",
        value: |row| Some(if row.is_denied() { "Low" } else { "Informational" }.into()),
    },
    Field {
        name: "EventOriginalResultDetails",
        from: "outcome or state",
        value: |row| row.same("outcome").or_else(|| row.same("state")),
    },
    Field {
        name: "DvcAction",
        from: "Deny if denied, else Allow",
        value: |row| Some(if row.is_denied() { "Deny" } else { "Allow" }.into()),
    },
    Field { name: "Dvc", from: "Azure NSG flows", value: |_| Some("Azure NSG flows".into()) },
    Field { name: "SrcIpAddr", from: "source", value: |row| row.same("source") },
    Field { name: "DstIpAddr", from: "destination", value: |row| row.same("destination") },
    Field { name: "IpAddr", from: "source", value: |row| row.same("source") },
    Field { name: "SrcPortNumber", from: "source_port", value: |row| row.same("source_port") },
    Field { name: "DstPortNumber", from: "destination_port", value: |row| row.same("destination_port") },
    Field { name: "SrcHostname", from: "source_name, or source", value: |row| name(row, "source") },
    Field {
        name: "DstHostname",
        from: "destination_name, or destination",
        value: |row| name(row, "destination"),
    },
    Field {
        name: "Hostname",
        from: "destination_name, or destination",
        value: |row| name(row, "destination"),
    },
    Field { name: "Src", from: "source_name, or source", value: |row| name(row, "source") },
    Field { name: "Dst", from: "destination_name, or destination", value: |row| name(row, "destination") },
    Field { name: "NetworkProtocol", from: "protocol_name", value: |row| row.same("protocol_name") },
    Field {
        name: "NetworkProtocolVersion",
        from: "IPv6 if source is one, else IPv4",
        value: |row| Some(if row.is_ipv6() { "IPv6" } else { "IPv4" }.into()),
    },
    Field {
        name: "NetworkDirection",
        from: "direction: Inbound or Outbound",
        value: |row| Some(if row.is_inbound() { "Inbound" } else { "Outbound" }.into()),
    },
    Field { name: "NetworkDuration", from: "duration_ms", value: |row| row.same("duration_ms") },
    Field { name: "NetworkRuleName", from: "rule", value: |row| row.same("rule") },
    Field { name: "SrcBytes", from: "bytes_sent", value: |row| row.same("bytes_sent") },
    Field { name: "DstBytes", from: "bytes_received", value: |row| row.same("bytes_received") },
    Field {
        name: "NetworkBytes",
        from: "bytes_sent + bytes_received",
        value: |row| row.sum(["bytes_sent", "bytes_received"]),
    },
    Field { name: "SrcPackets", from: "packets_sent", value: |row| row.same("packets_sent") },
    Field { name: "DstPackets", from: "packets_received", value: |row| row.same("packets_received") },
    Field {
        name: "NetworkPackets",
        from: "packets_sent + packets_received",
        value: |row| row.sum(["packets_sent", "packets_received"]),
    },
    Field { name: "SrcMacAddr", from: "mac, if outbound", value: |row| row.at(true, "mac") },
    Field { name: "DstMacAddr", from: "mac, if inbound", value: |row| row.at(false, "mac") },
    Field { name: "SrcDvcId", from: "resource, if outbound", value: |row| row.at(true, "resource") },
    Field {
        name: "SrcDvcIdType",
        from: "AzureResourceId, if outbound",
        value: |row| row.at(true, "resource").map(|_| "AzureResourceId".into()),
    },
    Field { name: "DstDvcId", from: "resource, if inbound", value: |row| row.at(false, "resource") },
    Field {
        name: "DstDvcIdType",
        from: "AzureResourceId, if inbound",
        value: |row| row.at(false, "resource").map(|_| "AzureResourceId".into()),
    },
    Field {
        name: "SrcDvcScopeId",
        from: "the subscription in resource, if outbound",
        value: |row| row.at(true, "resource").and(row.subscription()).map(Value::from),
    },
    Field {
        name: "DstDvcScopeId",
        from: "the subscription in resource, if inbound",
        value: |row| row.at(false, "resource").and(row.subscription()).map(Value::from),
    },
    Field {
        name: "SrcZone",
        from: "source_class: Internal (private, carrier-grade NAT), Azure (Azure platform), Internet (public), else Unknown",
        value: |row| Some(zone(row.text("source_class")?).into()),
    },
    Field {
        name: "AdditionalFields",
        from: "encryption, log, nsg",
        value: |row| {
            let [encryption, log, nsg] = ["encryption", "log", "nsg"].map(|key| row.same(key));
            Some(json!({ "Encryption": encryption, "FlowLog": log, "Nsg": nsg }))
        },
    },
];

/// A name that the person gave to an address, or the address.
fn name(row: &Row<'_>, end: &str) -> Option<Value> {
    row.same(&format!("{end}_name")).or_else(|| row.same(end))
}

fn zone(class: &str) -> &'static str {
    match class {
        "private" | "carrier-grade NAT" => "Internal",
        "Azure platform" => "Azure",
        "public" => "Internet",
        _ => "Unknown",
    }
}
