//! ASIM `NetworkSession` 0.2.6 (Microsoft Learn, "ASIM Network Session normalization schema reference"). Values follow
//! Microsoft's own parser of Traffic Analytics' table `NTANetAnalytics`, but for the destination's host name, which it
//! takes from the source's machine.

use serde_json::{Value, json};

use super::{Field, Row};

pub(super) const FIELDS: &[Field] = &[
    Field::made("TimeGenerated", "last_time or time_utc", |row| Some(row.times()?[1].into())),
    Field::made("EventStartTime", "first_time or time_utc", |row| Some(row.times()?[0].into())),
    Field::made("EventEndTime", "last_time or time_utc", |row| Some(row.times()?[1].into())),
    Field::made("EventCount", "connections, or tuples if denied; of a tuple 1", |row| {
        Some(row.count().into())
    }),
    Field::is("EventType", "Flow"),
    Field::is("EventSchema", "NetworkSession"),
    Field::is("EventSchemaVersion", "0.2.6"),
    Field::is("EventVendor", "Microsoft"),
    Field::is("EventProduct", "Azure NSG flows"),
    Field::made("EventResult", "Failure if denied, else Success", |row| {
        Some(if row.is_denied() { "Failure" } else { "Success" }.into())
    }),
    Field::made("EventSeverity", "Low if denied, else Informational", |row| {
        Some(if row.is_denied() { "Low" } else { "Informational" }.into())
    }),
    Field::made("EventOriginalResultDetails", "outcome or state", |row| {
        row.same("outcome").or_else(|| row.same("state"))
    }),
    Field::made("DvcAction", "Deny if denied, else Allow", |row| {
        Some(if row.is_denied() { "Deny" } else { "Allow" }.into())
    }),
    Field::is("Dvc", "Azure NSG flows"),
    Field::same("SrcIpAddr", "source"),
    Field::same("DstIpAddr", "destination"),
    Field::same("IpAddr", "source"),
    Field::same("SrcPortNumber", "source_port"),
    Field::same("DstPortNumber", "destination_port"),
    Field::made("SrcHostname", "source_name, or source", |row| name(row, "source")),
    Field::made("DstHostname", "destination_name, or destination", |row| name(row, "destination")),
    Field::made("Hostname", "destination_name, or destination", |row| name(row, "destination")),
    Field::made("Src", "source_name, or source", |row| name(row, "source")),
    Field::made("Dst", "destination_name, or destination", |row| name(row, "destination")),
    Field::same("NetworkProtocol", "protocol_name"),
    Field::made("NetworkProtocolVersion", "IPv6 if source is one, else IPv4", |row| {
        Some(if row.is_ipv6() { "IPv6" } else { "IPv4" }.into())
    }),
    Field::made("NetworkDirection", "direction: Inbound or Outbound", |row| {
        Some(if row.is_inbound() { "Inbound" } else { "Outbound" }.into())
    }),
    Field::same("NetworkDuration", "duration_ms"),
    Field::same("NetworkRuleName", "rule"),
    Field::same("SrcBytes", "bytes_sent"),
    Field::same("DstBytes", "bytes_received"),
    Field::made("NetworkBytes", "bytes_sent + bytes_received", |row| {
        row.sum(["bytes_sent", "bytes_received"])
    }),
    Field::same("SrcPackets", "packets_sent"),
    Field::same("DstPackets", "packets_received"),
    Field::made("NetworkPackets", "packets_sent + packets_received", |row| {
        row.sum(["packets_sent", "packets_received"])
    }),
    Field::made("SrcMacAddr", "mac, if outbound", |row| row.at(true, "mac")),
    Field::made("DstMacAddr", "mac, if inbound", |row| row.at(false, "mac")),
    Field::made("SrcDvcId", "resource, if outbound", |row| row.at(true, "resource")),
    Field::made("SrcDvcIdType", "AzureResourceId, if outbound", |row| {
        row.at(true, "resource").map(|_| "AzureResourceId".into())
    }),
    Field::made("DstDvcId", "resource, if inbound", |row| row.at(false, "resource")),
    Field::made("DstDvcIdType", "AzureResourceId, if inbound", |row| {
        row.at(false, "resource").map(|_| "AzureResourceId".into())
    }),
    Field::made("SrcDvcScopeId", "the subscription in resource, if outbound", |row| {
        row.at(true, "resource").and(row.subscription()).map(Value::from)
    }),
    Field::made("DstDvcScopeId", "the subscription in resource, if inbound", |row| {
        row.at(false, "resource").and(row.subscription()).map(Value::from)
    }),
    Field::made(
        "SrcZone",
        "source_class: Internal (private, carrier-grade NAT), Azure (Azure platform), Internet (public), else Unknown",
        |row| Some(zone(row.text("source_class")?).into()),
    ),
    Field::same("SrcGeoCountry", "source_country"),
    Field::same("DstGeoCountry", "destination_country"),
    Field::made(
        "ThreatName",
        "destination_threat or source_threat: of the far end before the near one",
        |row| row.same(&format!("{}_threat", threat(row)?.0)),
    ),
    Field::made("ThreatField", "SrcIpAddr or DstIpAddr, whose threat it is", |row| {
        Some(threat(row)?.1.into())
    }),
    Field::made("ThreatIpAddr", "source or destination, whose threat it is", |row| row.same(threat(row)?.0)),
    Field::made(
        "AdditionalFields",
        "encryption, log, nsg; source_as and destination_as if they are known",
        |row| {
            let [encryption, log, nsg] = ["encryption", "log", "nsg"].map(|key| row.same(key));
            let mut fields = json!({ "Encryption": encryption, "FlowLog": log, "Nsg": nsg });
            for (name, column) in [("SrcAs", "source_as"), ("DstAs", "destination_as")] {
                if let (Some(system), Some(fields)) = (row.same(column), fields.as_object_mut()) {
                    fields.insert(name.to_owned(), system);
                }
            }
            Some(fields)
        },
    ),
];

/// A name that the person gave to an address, or the address.
fn name(row: &Row<'_>, end: &str) -> Option<Value> {
    row.same(&format!("{end}_name")).or_else(|| row.same(end))
}

/// The end that is on a list of threats, and its field: of both ends the one that the NIC's host talks with.
fn threat(row: &Row<'_>) -> Option<(&'static str, &'static str)> {
    let mut ends = [("destination", "DstIpAddr"), ("source", "SrcIpAddr")];
    if row.is_inbound() {
        ends.reverse();
    }
    ends.into_iter().find(|(end, _)| row.text(&format!("{end}_threat")).is_some())
}

fn zone(class: &str) -> &'static str {
    match class {
        "private" | "carrier-grade NAT" => "Internal",
        "Azure platform" => "Azure",
        "public" => "Internet",
        _ => "Unknown",
    }
}
