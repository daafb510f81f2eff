"""Do two reports say the same? A time counts only between equal answers.

Compared are the sections every peer makes. Order among equals is left out: peers sort addresses
as text, Flowlog as addresses, so rows are compared as sets; of a list cut at its limit, the rows
above the cut's count.
"""

PLAIN = ("states", "directions", "protocols", "encryption")

# List -> what identifies a row, what the row says (the first is what it is ranked by).
ENDS = ("source", "destination", "port", "protocol")
LISTS = {
    "rules": (("acl", "rule"), ("tuples", "denied", "bytes")),
    "top_sources": (("ip",), ("tuples", "denied", "bytes", "packets")),
    "top_destinations": (("ip",), ("tuples", "denied", "bytes", "packets")),
    "top_ports": (("port", "protocol"), ("tuples", "denied", "bytes")),
    "denied": (ENDS, ("tuples", "first_time_ms", "last_time_ms", "direction")),
    "incomplete": (ENDS, ("connections", "last_time_ms")),
    "retries": (ENDS, ("begins",)),
    "one_way": (ENDS, ("connections", "packets_sent", "bytes_sent")),
    "low_payload": (ENDS, ("packets_sent", "bytes_sent", "packets_received", "bytes_received")),
    "high_volume": (ENDS, ("packets_sent", "bytes_sent", "packets_received", "bytes_received")),
    "denied_sources": (("source",), ("tuples", "destinations", "ports")),
    "port_scans": (("source", "destination"), ("ports", "tuples", "denied")),
    "files": (("path",), ("records", "tuples", "first_time_ms", "last_time_ms")),
}

# A peer joins a connection by NIC and 5-tuple alone, Flowlog also by time (a 5-tuple is used again):
# so these may differ by this share of their rows.
# Sources with many denials are Flowlog's without what was dropped for want of encryption, which no rule denied.
NEARLY = {"incomplete": 0.03, "one_way": 0.03, "denied_sources": 0.01}

# The generator plants three tunnels, which have no ports: two of them between the same hosts are one in any log.
SAME_TUNNELS = 2

# Lists whose length in full is compared. Not unusual ports: the peers know the IANA registry, not the few names Flowlog adds.
COUNTED = (
    "denied",
    "incomplete",
    "retries",
    "one_way",
    "low_payload",
    "high_volume",
    "denied_sources",
    "port_scans",
)


def differences(ours, theirs):
    """Sentences, none if the reports agree."""
    found = []
    for name, value in theirs["totals"].items():
        if ours["totals"][name] != value:
            found.append(f"totals.{name}: {ours['totals'][name]} and {value}")
    for name in PLAIN:
        if ours[name] != theirs[name]:
            found.append(f"{name}: {ours[name]} and {theirs[name]}")
    for name in COUNTED:
        mine, count = ours[f"{name}_total"], theirs[f"{name}_total"]
        if abs(mine - count) > NEARLY.get(name, 0) * count:
            found.append(f"{name}_total: {mine} and {count}")
    for name, (key, values) in LISTS.items():
        mine, other = rows(ours[name], key, values), rows(theirs[name], key, values)
        differing = len(mine ^ other)
        if differing > NEARLY.get(name, 0) * (len(mine) + len(other)):
            found.append(f"{name}: {differing} rows differ, such as {sorted(mine ^ other)[:2]}")
    return found


def false(report, truth):
    """Sentences about sums that are not the generator's, none if all are: of all rows, and with each connection once."""
    totals = {**truth["totals"], "input_bytes": truth["totals"]["bytes"]}
    totals.pop("bytes")
    resolved = {name: value for name, value in truth["resolved"].items() if isinstance(value, int)}
    found = []
    for part, right in (("totals", totals), ("resolved", resolved)):
        said = report[part]
        found += [f"{part}.{name}: {said[name]} and {value}" for name, value in right.items() if said[name] != value]
    for row in report["connections"]["outcomes"]:
        right = truth["resolved"]["outcomes"].get(row["outcome"], 0)
        if abs(row["connections"] - right) > SAME_TUNNELS:
            found.append(f"connections.outcomes.{row['outcome']}: {row['connections']} and {right}")
    return found


def rows(listed, key, values):
    """The rows above the last rank, which may be cut anywhere, as a set. Full lists lose nothing by
    it: their lengths are compared with the counts."""
    if not listed:
        return set()
    rank = values[0]
    cut = len(listed) in (15, 10_000)
    last = listed[-1].get(rank)
    return {tuple(row[name] for name in key + values) for row in listed if not cut or row[rank] != last}
