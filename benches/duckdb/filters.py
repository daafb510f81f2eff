"""Random filters: `flowlog-analyze flows --where` against DuckDB over the same JSON.

`cargo xtask filters` starts it. DuckDB joins tuples to connections by rules of its own: a begin starts one unless nothing
came since the last begin, and so does a silence of two hours, of denials one of 120 s. What begins and ends within the same
millisecond cannot be told apart and is one row that counts for several. Python says which addresses a network holds. Every
group of connections (ends, ports, NIC) must have the same number of connections, tuples, packets and bytes.
"""

import argparse
import ipaddress
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import duckdb

from load import LOADERS

KEYS = ("source", "destination", "source_port", "port", "nic")
SUMS = ("connections", "tuples", "packets_sent", "bytes_sent", "packets_received", "bytes_received")
CLASSES = {
    "private": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
    "multicast": ["224.0.0.0/4", "ff00::/8"],
    "platform": ["168.63.129.16/32", "169.254.169.254/32"],
}
PROTOCOLS = {1: "icmp", 6: "TCP", 17: "udp", 50: "esp"}

CONNECTIONS = """
    CREATE TABLE connections AS
    WITH named AS (
        SELECT flows.* EXCLUDE (rule, port), flows.port, rules.rule, rules.acl, state = 'D' AS is_denied
        FROM flows JOIN rules ON flows.rule = rules.id),
    starts AS (
        SELECT *, time_ms - lag(time_ms) OVER same > CASE WHEN is_denied THEN 120000 ELSE 7200000 END
               OR (state = 'B' AND lag(state) OVER same <> 'B') AS starts
        FROM named
        WINDOW same AS (PARTITION BY is_denied, mac, direction, source, destination, source_port, port, protocol
                        ORDER BY time_ms, state)),
    numbered AS (
        SELECT *, sum(coalesce(starts, false)::INT) OVER (
            PARTITION BY is_denied, mac, direction, source, destination, source_port, port, protocol
            ORDER BY time_ms, state ROWS UNBOUNDED PRECEDING) AS number
        FROM starts)
    SELECT is_denied, mac AS nic, direction, source, destination, source_port, port, protocol,
           any_value(rule) AS rule, any_value(acl) AS acl, any_value(encryption) AS encryption,
           count(DISTINCT rule) + count(DISTINCT acl) + count(DISTINCT encryption) > 3 AS is_mixed,
           CASE WHEN is_denied THEN 1 ELSE greatest(1, least(count_if(state = 'E'), CASE WHEN bool_or(state = 'B')
               THEN count_if(state = 'B') ELSE count_if(state = 'E') END)) END AS connections,
           count(*) AS tuples, max(time_ms) - min(time_ms) AS duration_ms,
           bool_or(state = 'B') AS begun, bool_or(state IN ('C', 'E')) AS answered,
           sum(coalesce(packets_sent, 0)) AS packets_sent, sum(coalesce(bytes_sent, 0)) AS bytes_sent,
           sum(coalesce(packets_received, 0)) AS packets_received, sum(coalesce(bytes_received, 0)) AS bytes_received
    FROM numbered GROUP BY ALL_KEYS
""".replace("ALL_KEYS", "is_denied, mac, direction, source, destination, source_port, port, protocol, number")


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


class Conditions:
    """Random conditions, each as Flowlog's text and as SQL."""

    def __init__(self, seed, connection):
        self.random = random.Random(seed)
        def column(query):
            return [row[0] for row in connection.execute(query).fetchall()]

        self.addresses = column("SELECT source FROM connections UNION SELECT destination FROM connections ORDER BY 1")
        self.parsed = [(text, ipaddress.ip_address(text)) for text in self.addresses]
        self.ports = column("SELECT port FROM connections GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 30")
        self.rules = column("SELECT DISTINCT rule FROM connections ORDER BY 1")
        self.acls = column("SELECT DISTINCT acl FROM connections ORDER BY 1")
        self.nics = column("SELECT DISTINCT nic FROM connections ORDER BY 1")
        self.words = column("SELECT DISTINCT encryption FROM connections ORDER BY 1")

    def filter(self, depth=3):
        """Text and SQL."""
        kind = self.random.random()
        if depth == 0 or kind < 0.3:
            return self.condition()
        if kind < 0.45:
            text, sql = self.filter(depth - 1)
            return f"not ({text})", f"NOT ({sql})"
        parts = [self.filter(depth - 1) for _ in range(self.random.choice((2, 2, 3)))]
        word = self.random.choice(("and", "and", "or"))
        return tuple(f" {word} ".join(f"({part[side]})" for part in parts) for side in (0, 1))

    def condition(self):
        ways = (self.address, self.address, self.address_class, self.port, self.port, self.order, self.protocol, self.direction,
                self.rule, self.nsg, self.mac, self.encryption, self.denied, self.amount, self.amount, self.unanswered)
        return self.random.choice(ways)()

    def ends(self, networks, end):
        networks = [ipaddress.ip_network(network, strict=False) for network in networks]
        inside = [text for text, address in self.parsed
                  if any(address.version == network.version and address in network for network in networks)]
        within = lambda column: f"{column} IN ({', '.join(map(quoted, inside))})" if inside else "false"
        if end == "either":
            return f"({within('source')} OR {within('destination')})"
        return within(end)

    def address(self):
        end, word = self.random.choice((("either", "host"), ("source", "src"), ("destination", "dst host")))
        networks = []
        for _ in range(self.random.choice((1, 1, 2, 12))):
            address = self.random.choice(self.addresses)
            longest = ipaddress.ip_address(address).max_prefixlen
            networks.append(f"{address}/{self.random.choice((longest, longest, longest - 4, longest - 8, longest // 2, 8))}")
        text = networks[0] if len(networks) == 1 else f"in [{', '.join(networks)}]"
        return f"{word} {text}", self.ends(networks, end)

    def address_class(self):
        end, word = self.random.choice((("either", ""), ("source", "src "), ("destination", "dst ")))
        name = self.random.choice(list(CLASSES))
        return f"{word}class {name}", self.ends(CLASSES[name], end)

    def port(self):
        ranges, sql = [], []
        for _ in range(self.random.choice((1, 2, 9))):
            first = self.random.choice(self.ports)
            last = min(65535, first + self.random.choice((0, 0, 0, 100)))
            protocol = self.random.choice((None, None, 6, 17))
            ranges.append((f"{first}-{last}" if last > first else f"{first}") + (f"/{PROTOCOLS[protocol]}" if protocol else ""))
            sql.append(f"port BETWEEN {first} AND {last}" + (f" AND protocol = {protocol}" if protocol else ""))
        return f"port in [{' '.join(ranges)}]", " OR ".join(f"({part})" for part in sql)

    def order(self):
        word, column = self.random.choice((("port", "port"), ("src port", "source_port")))
        how, value = self.random.choice(("<", "<=", ">", ">=", "!=")), self.random.choice((443, 1024, 32768))
        return f"{word} {how} {value}", f"{column} {how} {value}"

    def protocol(self):
        number = self.random.choice(list(PROTOCOLS))
        return f"protocol {PROTOCOLS[number]}", f"protocol = {number}"

    def direction(self):
        word, letter = self.random.choice((("inbound", "I"), ("direction out", "O")))
        return word, f"direction = '{letter}'"

    def rule(self):
        rule = self.random.choice(self.rules)
        plain = rule.split("_", 1)[-1]
        kind = self.random.choice(("whole", "plain", "part"))
        if kind == "part":
            part = plain[: max(3, len(plain) // 2)].lower()
            return f"rule *{part}*", f"contains(lower(rule), {quoted(part)})"
        name = rule if kind == "whole" else plain
        sql = f"(lower(rule) = {quoted(name.lower())} OR lower(regexp_replace(rule, '^(UserRule|DefaultRule)_', '')) = {quoted(name.lower())})"
        return f"rule '{name.upper()}'", sql

    def nsg(self):
        acl = self.random.choice(self.acls)
        if self.random.random() < 0.5 and "/" in acl:
            return f"nsg '{acl.lower()}'", f"lower(acl) = {quoted(acl.lower())}"
        name = acl.rsplit("/", 1)[-1].lower()
        return f"nsg {name[:-1]}?", f"regexp_full_match(lower(regexp_extract(acl, '[^/]*$')), {quoted(name[:-1] + '.')})"

    def mac(self):
        nic = self.random.choice(self.nics)
        return f"mac {'-'.join(nic[place:place + 2] for place in range(0, 12, 2)).lower()}", f"nic = {quoted(nic)}"

    def encryption(self):
        word = self.random.choice(self.words)
        return f"encryption {word}", f"encryption = {quoted(word)}"

    def denied(self):
        return self.random.choice((("denied", "is_denied"), ("allowed", "NOT is_denied")))

    def unanswered(self):
        return "unanswered", "(NOT is_denied AND begun AND answered AND packets_sent > 0 AND packets_received = 0)"

    def amount(self):
        word, column, unit = self.random.choice((
            ("bytes", "bytes_sent + bytes_received", ""), ("bytes_sent", "bytes_sent", ""), ("packets", "packets_sent + packets_received", ""),
            ("packets_received", "packets_received", ""), ("tuples", "tuples", ""), ("duration", "duration_ms", "ms")))
        how = self.random.choice(("<", "<=", ">", ">=", "="))
        value = self.random.choice((0, 1, 2, 3, 10)) if word in ("tuples", "packets", "packets_received") else self.random.choice((0, 60, 5000, 100000))
        return f"{word} {how} {value}{unit}", f"{column} {how} {value}"


def flowlog(program, container, text):
    command = [program, "flows", container, "--where", text, "--by", ",".join(KEYS), "--no-dedup", "--format", "ndjson", "--quiet"]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"{text}\nflowlog-analyze failed: {ran.stderr}")
    rows = map(json.loads, ran.stdout.splitlines())
    return {tuple(row[key] for key in KEYS): tuple(row[name] for name in SUMS) for row in rows}


def duck(connection, sql):
    sums = ", ".join(f"sum({name})::BIGINT" for name in SUMS)
    query = f"SELECT {', '.join(KEYS)}, {sums} FROM connections WHERE {sql} GROUP BY {', '.join(KEYS)}"
    rows = connection.execute(query).fetchall()
    return {row[: len(KEYS)]: row[len(KEYS):] for row in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="flowlog-analyze")
    parser.add_argument("container", help="folder of VNet flow logs")
    parser.add_argument("--filters", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    connection = duckdb.connect()
    paths = sorted(str(path) for path in Path(options.container).rglob("*.json"))
    LOADERS["plain"](connection, paths, os.cpu_count())
    connection.execute(CONNECTIONS)
    count, mixed, tuples = connection.execute("SELECT sum(connections)::BIGINT, count_if(is_mixed), sum(tuples)::BIGINT FROM connections").fetchone()
    conditions = Conditions(options.seed, connection)
    wrong, trivial, number = 0, 0, 0
    while number < options.filters:
        text, sql = conditions.filter()
        theirs = duck(connection, sql)
        asked = sum(sums[0] for sums in theirs.values())
        # A few that ask for nothing or for everything are enough.
        if asked in (0, count):
            if trivial >= options.filters // 10:
                continue
            trivial += 1
        number += 1
        ours = flowlog(options.program, options.container, text)
        groups = ours.keys() | theirs.keys()
        different = [key for key in groups if ours.get(key) != theirs.get(key)]
        if different:
            wrong += 1
            print(f"filter {number} differs in {len(different)} of {len(groups)} groups: {text}")
            for key in sorted(different, key=str)[:5]:
                print(f"  {key}: flowlog {ours.get(key)}, DuckDB {theirs.get(key)}")
    print(
        f"{options.filters - wrong} of {options.filters} filters agree over {tuples:,} tuples of {count:,} connections "
        f"({mixed} of several rules or words); {trivial} ask for nothing or for everything"
    )
    sys.exit(wrong > 0)


main()
