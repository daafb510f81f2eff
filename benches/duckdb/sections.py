"""Table `flows` -> the sections of Flowlog's report, in SQL.

Every section reads a table as small as can be: flows -> connections -> conversations.
"""

LIMIT = 10_000

TABLES = """
-- Everything that needs no address, in one pass.
CREATE TABLE overall AS
SELECT file, rule, state, direction, protocol, encryption, count(*) AS tuples,
       sum(packets_sent) AS packets_sent, sum(bytes_sent) AS bytes_sent,
       sum(packets_received) AS packets_received, sum(bytes_received) AS bytes_received,
       min(time_ms) AS first_ms, max(time_ms) AS last_ms
FROM flows GROUP BY ALL;

CREATE TABLE denials AS
SELECT source, destination, port, protocol, count(*) AS tuples,
       min(time_ms) AS first_ms, max(time_ms) AS last_ms,
       bool_or(direction = 'I') AS inbound, bool_or(direction = 'O') AS outbound
FROM flows WHERE state = 'D' GROUP BY ALL;

CREATE TABLE connections AS
SELECT mac, source, destination, source_port, port, protocol, count(*) AS tuples,
       count(*) FILTER (state = 'B') AS begins, count(*) FILTER (state = 'E') AS ends,
       max(time_ms) FILTER (state = 'B') AS last_begin, max(time_ms) FILTER (state <> 'B') AS last_answer,
       sum(packets_sent) AS packets_sent, sum(bytes_sent) AS bytes_sent,
       sum(packets_received) AS packets_received, sum(bytes_received) AS bytes_received
FROM flows WHERE state <> 'D' GROUP BY ALL;

CREATE TABLE conversations AS
SELECT source, destination, port, protocol, sum(tuples)::BIGINT AS tuples,
       sum(begins)::BIGINT AS begins, sum(ends)::BIGINT AS ends, count(*) AS connections,
       sum(packets_sent) AS packets_sent, sum(bytes_sent) AS bytes_sent,
       sum(packets_received) AS packets_received, sum(bytes_received) AS bytes_received,
       coalesce(sum(packets_sent + packets_received), 0)::UBIGINT AS packets,
       coalesce(sum(bytes_sent + bytes_received), 0)::UBIGINT AS bytes
FROM connections GROUP BY ALL;

CREATE TABLE either AS
SELECT source, destination, port, protocol, tuples, 0 AS denied, bytes, packets FROM conversations
UNION ALL
SELECT source, destination, port, protocol, tuples, tuples, 0, 0 FROM denials;

CREATE TABLE troubled AS
SELECT *, last_begin IS NOT NULL AND coalesce(last_answer < last_begin, true) AS incomplete
FROM connections
WHERE (last_begin IS NOT NULL AND coalesce(last_answer < last_begin, true))
   OR (packets_sent > 0 AND packets_received = 0);

CREATE TABLE ports AS
SELECT port, protocol, sum(tuples)::BIGINT AS tuples, sum(denied)::BIGINT AS denied, sum(bytes)::UBIGINT AS bytes
FROM either WHERE protocol IN (6, 17, 33, 132, 136) GROUP BY ALL;

CREATE TABLE pairs AS
SELECT source, destination, count(DISTINCT (protocol, port)) AS ports,
       sum(tuples)::BIGINT AS tuples, sum(denied)::BIGINT AS denied
FROM either WHERE protocol IN (6, 17, 33, 132, 136) GROUP BY ALL HAVING ports > 5;

CREATE TABLE denied_sources AS
SELECT source, sum(tuples)::BIGINT AS tuples, count(DISTINCT destination) AS destinations,
       count(DISTINCT (protocol, port)) FILTER (protocol IN (6, 17, 33, 132, 136)) AS ports
FROM denials GROUP BY ALL HAVING sum(tuples) > 10;
"""

TOTALS = """
SELECT (SELECT count(*) FROM files) AS files, (SELECT sum(records)::BIGINT FROM files) AS records,
       sum(tuples)::BIGINT AS tuples,
       sum(packets_sent)::UBIGINT AS packets_sent, sum(bytes_sent)::UBIGINT AS bytes_sent,
       sum(packets_received)::UBIGINT AS packets_received, sum(bytes_received)::UBIGINT AS bytes_received,
       (SELECT count(DISTINCT source) FROM either) AS unique_sources,
       (SELECT count(DISTINCT destination) FROM either) AS unique_destinations,
       (SELECT count(*) FROM (SELECT DISTINCT source, destination, port, protocol FROM either)) AS conversations,
       min(first_ms) AS first_time_ms, max(last_ms) AS last_time_ms
FROM overall
"""

# Tuples by one column.
COUNTS = {"states": "state", "directions": "direction", "protocols": "protocol", "encryption": "encryption"}

ORDER = "source, destination, port, protocol"
VOLUME = "packets_sent, bytes_sent, packets_received, bytes_received"

# Name of the list -> (columns and source of all its rows, order).
LISTS = {
    "denied": (
        "SELECT source, destination, port, protocol, tuples, first_ms AS first_time_ms, last_ms AS last_time_ms, "
        "if(inbound, 'I', '') || if(outbound, 'O', '') AS direction FROM denials",
        f"tuples DESC, {ORDER}",
    ),
    "incomplete": (
        "SELECT source, destination, port, protocol, count(*) AS connections, max(last_begin) AS last_time_ms "
        "FROM troubled WHERE incomplete GROUP BY ALL",
        f"connections DESC, {ORDER}",
    ),
    "retries": (
        "SELECT source, destination, port, protocol, begins, ends AS ended FROM conversations WHERE begins > 10",
        f"begins DESC, {ORDER}",
    ),
    "one_way": (
        "SELECT source, destination, port, protocol, count(*) AS connections, "
        "sum(packets_sent)::UBIGINT AS packets_sent, sum(bytes_sent)::UBIGINT AS bytes_sent "
        "FROM troubled WHERE NOT incomplete GROUP BY ALL",
        f"connections DESC, {ORDER}",
    ),
    "low_payload": (
        f"SELECT {ORDER}, connections, {VOLUME} FROM conversations WHERE packets >= 10 AND bytes < packets * 64",
        f"packets_sent + packets_received DESC, {ORDER}",
    ),
    "high_volume": (
        f"SELECT {ORDER}, connections, {VOLUME} FROM conversations WHERE bytes > 0 "
        f"ORDER BY bytes DESC, {ORDER} "
        "LIMIT (SELECT ceil(count(*) / 100)::BIGINT FROM conversations WHERE bytes > 0)",
        f"bytes_sent + bytes_received DESC, {ORDER}",
    ),
    "unusual_ports": (
        "SELECT port, protocol, tuples - denied AS tuples, bytes FROM ports "
        "WHERE tuples > denied AND (port, protocol) NOT IN (SELECT (port, protocol) FROM services)",
        "tuples DESC, port, protocol",
    ),
    "denied_sources": ("SELECT source, tuples, destinations, ports FROM denied_sources", "tuples DESC, source"),
    "port_scans": (
        "SELECT source, destination, ports, tuples, denied FROM pairs",
        "ports DESC, source, destination",
    ),
}

# Lists whose length nobody asks for.
TOPS = {
    "rules": "SELECT r.acl, r.rule, sum(o.tuples)::BIGINT AS tuples, "
    "coalesce(sum(o.tuples) FILTER (o.state = 'D'), 0)::BIGINT AS denied, "
    "coalesce(sum(o.bytes_sent + o.bytes_received), 0)::UBIGINT AS bytes "
    "FROM overall o JOIN rules r ON r.id = o.rule GROUP BY ALL ORDER BY tuples DESC, r.acl, r.rule",
    "top_sources": "SELECT source AS ip, sum(tuples)::BIGINT AS tuples, sum(denied)::BIGINT AS denied, "
    "sum(bytes)::UBIGINT AS bytes, sum(packets)::UBIGINT AS packets "
    "FROM either GROUP BY ALL ORDER BY tuples DESC, ip LIMIT 15",
    "top_destinations": "SELECT destination AS ip, sum(tuples)::BIGINT AS tuples, sum(denied)::BIGINT AS denied, "
    "sum(bytes)::UBIGINT AS bytes, sum(packets)::UBIGINT AS packets "
    "FROM either GROUP BY ALL ORDER BY tuples DESC, ip LIMIT 15",
    "top_ports": "SELECT port, protocol, tuples, denied, bytes FROM ports ORDER BY tuples DESC, port, protocol LIMIT 15",
    "files": "SELECT path, any_value(f.records) AS records, sum(o.tuples)::BIGINT AS tuples, "
    "min(o.first_ms) AS first_time_ms, max(o.last_ms) AS last_time_ms "
    "FROM files f LEFT JOIN overall o USING (file) GROUP BY path ORDER BY path",
}
