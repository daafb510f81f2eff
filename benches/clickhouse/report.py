"""Flowlog's report made by ClickHouse (chdb): JSON on standard output, under the keys of
`flowlog-analyze --format json`.

usage: report.py FOLDER SERVICES [--timing]
"""

import argparse
import json
import sys
import time
from pathlib import Path

from chdb import session

LIMIT = 10_000
NUMBERS = {"t": 6, "u": 17, "s": 132, "d": 33}

SETTINGS = (
    # The path has `m=` twice, month and minute: no table partitions are meant by it.
    "use_hive_partitioning = 0",
    "input_format_skip_unknown_fields = 1",
    "output_format_json_quote_64bit_integers = 0",
)

RECORDS = (
    "records Array(Tuple(macAddress String, flowRecords Tuple(flows Array(Tuple(aclID String, "
    "flowGroups Array(Tuple(rule String, flowTuples Array(String))))))))"
)

# One typed row a tuple. LowCardinality keeps a number in the place of a name.
FLOWS = f"""
CREATE TABLE flows ENGINE = Memory AS
SELECT path, record_count, acl, rule, mac,
       toInt64(a[1]) AS time_ms, toIPv6(a[2]) AS source, toIPv6(a[3]) AS destination,
       toUInt16(a[4]) AS source_port, toUInt16(a[5]) AS port, toUInt8(a[6]) AS protocol,
       toFixedString(a[7], 1) AS direction, toFixedString(a[8], 1) AS state,
       toLowCardinality(a[9]) AS encryption,
       toUInt64OrZero(a[10]) AS packets_sent, toUInt64OrZero(a[11]) AS bytes_sent,
       toUInt64OrZero(a[12]) AS packets_received, toUInt64OrZero(a[13]) AS bytes_received
FROM (SELECT path, record_count, mac, acl, toLowCardinality(group.rule) AS rule,
             splitByChar(',', arrayJoin(group.flowTuples)) AS a
      FROM (SELECT path, record_count, mac, toLowCardinality(flow.aclID) AS acl, arrayJoin(flow.flowGroups) AS group
            FROM (SELECT path, record_count, reinterpretAsUInt64(unhex(record.macAddress)) AS mac,
                         arrayJoin(record.flowRecords.flows) AS flow
                  FROM (SELECT toLowCardinality(_path) AS path, toUInt32(length(records)) AS record_count,
                               arrayJoin(records) AS record
                        FROM file('{{folder}}/**/*.json', 'JSONEachRow', '{RECORDS}')))))
"""

PORTED = "protocol IN (6, 17, 33, 132, 136)"
KEY = "source, destination, port, protocol"
SUMS = (
    "sum(packets_sent) AS packets_sent, sum(bytes_sent) AS bytes_sent, "
    "sum(packets_received) AS packets_received, sum(bytes_received) AS bytes_received"
)

TABLES = {
    "overall": f"SELECT path, acl, rule, state, direction, protocol, encryption, any(record_count) AS records, "
    f"count() AS tuples, {SUMS}, min(time_ms) AS first_ms, max(time_ms) AS last_ms "
    "FROM flows GROUP BY path, acl, rule, state, direction, protocol, encryption",
    "denials": f"SELECT {KEY}, count() AS tuples, min(time_ms) AS first_ms, max(time_ms) AS last_ms, "
    "max(direction = 'I') AS inbound, max(direction = 'O') AS outbound "
    f"FROM flows WHERE state = 'D' GROUP BY {KEY}",
    "connections": f"SELECT mac, source_port, {KEY}, count() AS tuples, countIf(state = 'B') AS begins, "
    "countIf(state = 'E') AS ends, maxIf(time_ms, state = 'B') AS last_begin, "
    f"maxIf(time_ms, state != 'B') AS last_answer, {SUMS} "
    f"FROM flows WHERE state != 'D' GROUP BY mac, source_port, {KEY}",
    "conversations": f"SELECT {KEY}, sum(tuples) AS tuples, sum(begins) AS begins, sum(ends) AS ends, "
    f"count() AS connections, {SUMS}, packets_sent + packets_received AS packets, bytes_sent + bytes_received AS bytes "
    f"FROM connections GROUP BY {KEY}",
    "either": f"SELECT {KEY}, tuples, toUInt64(0) AS denied, bytes, packets FROM conversations "
    f"UNION ALL SELECT {KEY}, tuples, tuples, toUInt64(0), toUInt64(0) FROM denials",
    # Without a begin or an answer, their time is 0.
    "troubled": "SELECT *, last_begin > last_answer AS incomplete FROM connections "
    "WHERE last_begin > last_answer OR (packets_sent > 0 AND packets_received = 0)",
    "ports": "SELECT port, protocol, sum(tuples) AS tuples, sum(denied) AS denied, sum(bytes) AS bytes "
    f"FROM either WHERE {PORTED} GROUP BY port, protocol",
}

TOTALS = (
    "SELECT (SELECT uniqExact(path) FROM overall) AS files, "
    "(SELECT sum(r) FROM (SELECT path, any(records) AS r FROM overall GROUP BY path)) AS records, "
    "sum(o.tuples) AS tuples, sum(o.packets_sent) AS packets_sent, sum(o.bytes_sent) AS bytes_sent, "
    "sum(o.packets_received) AS packets_received, sum(o.bytes_received) AS bytes_received, "
    "(SELECT uniqExact(source) FROM either) AS unique_sources, "
    "(SELECT uniqExact(destination) FROM either) AS unique_destinations, "
    f"(SELECT count() FROM (SELECT DISTINCT {KEY} FROM either)) AS conversations, "
    "min(o.first_ms) AS first_time_ms, max(o.last_ms) AS last_time_ms FROM overall o"
)

# Tuples by one column.
COUNTS = {"states": "state", "directions": "direction", "protocols": "protocol", "encryption": "encryption"}


def hosts(side):
    return (
        f"SELECT {side} AS ip, sum(tuples) AS tuples, sum(denied) AS denied, sum(bytes) AS bytes, "
        f"sum(packets) AS packets FROM either GROUP BY {side} ORDER BY tuples DESC, ip LIMIT 15"
    )


TOPS = {
    "rules": "SELECT acl, rule, sum(o.tuples) AS tuples, sumIf(o.tuples, state = 'D') AS denied, "
    "sum(o.bytes_sent + o.bytes_received) AS bytes FROM overall o GROUP BY acl, rule ORDER BY tuples DESC, acl, rule",
    "top_sources": hosts("source"),
    "top_destinations": hosts("destination"),
    "top_ports": "SELECT * FROM ports ORDER BY tuples DESC, port, protocol LIMIT 15",
    "files": "SELECT path, any(o.records) AS records, sum(o.tuples) AS tuples, min(o.first_ms) AS first_time_ms, "
    "max(o.last_ms) AS last_time_ms FROM overall o GROUP BY path ORDER BY path",
}

VOLUME = f"{KEY}, connections, packets_sent, bytes_sent, packets_received, bytes_received"

# Name of the list -> (all its rows, order).
LISTS = {
    "denied": (
        f"SELECT {KEY}, tuples, first_ms AS first_time_ms, last_ms AS last_time_ms, "
        "concat(if(inbound, 'I', ''), if(outbound, 'O', '')) AS direction FROM denials",
        f"tuples DESC, {KEY}",
    ),
    "incomplete": (
        f"SELECT {KEY}, count() AS connections, max(last_begin) AS last_time_ms "
        f"FROM troubled WHERE incomplete GROUP BY {KEY}",
        f"connections DESC, {KEY}",
    ),
    "retries": (f"SELECT {KEY}, begins, ends AS ended FROM conversations WHERE begins > 10", f"begins DESC, {KEY}"),
    "one_way": (
        f"SELECT {KEY}, count() AS connections, sum(t.packets_sent) AS packets_sent, sum(t.bytes_sent) AS bytes_sent "
        f"FROM troubled t WHERE NOT incomplete GROUP BY {KEY}",
        f"connections DESC, {KEY}",
    ),
    "low_payload": (
        f"SELECT {VOLUME} FROM conversations WHERE packets >= 10 AND bytes < packets * 64",
        f"packets_sent + packets_received DESC, {KEY}",
    ),
    "high_volume": (
        f"SELECT {VOLUME} FROM conversations WHERE bytes > 0 ORDER BY bytes DESC, {KEY} "
        "LIMIT (SELECT intDiv(count() + 99, 100) FROM conversations WHERE bytes > 0)",
        f"bytes_sent + bytes_received DESC, {KEY}",
    ),
    "unusual_ports": (
        "SELECT port, protocol, tuples - denied AS tuples, bytes FROM ports "
        "WHERE tuples > denied AND (port, protocol) NOT IN ({services})",
        "tuples DESC, port, protocol",
    ),
    "denied_sources": (
        "SELECT source, sum(d.tuples) AS tuples, uniqExact(destination) AS destinations, "
        f"uniqExactIf((protocol, port), {PORTED}) AS ports FROM denials d GROUP BY source HAVING tuples > 10",
        "tuples DESC, source",
    ),
    "port_scans": (
        "SELECT source, destination, uniqExact((protocol, port)) AS ports, sum(e.tuples) AS tuples, "
        f"sum(e.denied) AS denied FROM either e WHERE {PORTED} GROUP BY source, destination HAVING ports > 5",
        "ports DESC, source, destination",
    ),
}


def services(path):
    """The registry Flowlog names ports from: a line is port, name, letters of the protocols."""
    lines = (line.split() for line in Path(path).read_text().splitlines() if line and line[0] != "#")
    return ", ".join(f"({line[0]}, {NUMBERS[letter]})" for line in lines for letter in line[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("services")
    parser.add_argument("--timing", action="store_true", help="say on standard error what each step took")
    options = parser.parse_args()
    folder = Path(options.folder).resolve()
    clickhouse = session.Session()
    made = {}

    def rows(query):
        # Addresses are kept in 16 bytes; IPv4 is written as ever.
        text = clickhouse.query(query, "JSONEachRow").bytes().decode().replace('"::ffff:', '"')
        return [json.loads(line) for line in text.splitlines()]

    def load():
        for setting in SETTINGS:
            clickhouse.query(f"SET {setting}")
        clickhouse.query("CREATE DATABASE bench")
        clickhouse.query("USE bench")
        clickhouse.query(FLOWS.replace("{folder}", str(folder)))

    def tables():
        for name, query in TABLES.items():
            clickhouse.query(f"CREATE TABLE {name} ENGINE = Memory AS {query}")

    def sections():
        made["totals"] = rows(TOTALS)[0]
        for name, column in COUNTS.items():
            counted = rows(f"SELECT {column} AS k, sum(tuples) AS n FROM overall GROUP BY k ORDER BY k")
            made[name] = {str(row["k"]): row["n"] for row in counted}
        for name, query in TOPS.items():
            made[name] = rows(query)
        for row in made["files"]:
            row["path"] = options.folder + row["path"].removeprefix(str(folder))
        known = services(options.services)
        for name, (query, order) in LISTS.items():
            clickhouse.query(f"CREATE TABLE list ENGINE = Memory AS {query.replace('{services}', known)}")
            made[f"{name}_total"] = rows("SELECT count() AS n FROM list")[0]["n"]
            made[name] = rows(f"SELECT * FROM list ORDER BY {order} LIMIT {LIMIT}")
            clickhouse.query("DROP TABLE list")

    for name, step in (
        ("load", load),
        ("tables", tables),
        ("sections", sections),
        ("print", lambda: print(json.dumps(made))),
    ):
        started, cpu = time.perf_counter(), time.process_time()
        step()
        if options.timing:
            took, busy = time.perf_counter() - started, time.process_time() - cpu
            print(f"{name:10} {took:6.2f} s, {busy:6.2f} s of CPU", file=sys.stderr)


main()
