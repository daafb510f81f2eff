"""Flowlog's report made by DuckDB: JSON on standard output, under the keys of `flowlog-analyze --format json`.

usage: report.py FOLDER SERVICES [--loader fast|plain] [--threads N] [--timing]
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import duckdb

from load import LOADERS
from sections import COUNTS, LIMIT, LISTS, TABLES, TOPS, TOTALS

NUMBERS = {"t": 6, "u": 17, "s": 132, "d": 33}


def rows(connection, query):
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


def services(connection, path):
    """The registry Flowlog names ports from: a line is port, name, letters of the protocols."""
    lines = (line.split() for line in Path(path).read_text().splitlines() if line and line[0] != "#")
    known = [f"({line[0]}, {NUMBERS[letter]})" for line in lines for letter in line[2]]
    connection.execute(
        "CREATE TABLE services AS SELECT DISTINCT port::USMALLINT AS port, protocol::UTINYINT AS protocol "
        f"FROM (VALUES {', '.join(known)}) s(port, protocol)"
    )


def report(connection):
    made = {"totals": rows(connection, TOTALS)[0]}
    for name, column in COUNTS.items():
        query = f"SELECT {column}, sum(tuples)::BIGINT FROM overall GROUP BY ALL ORDER BY {column}"
        made[name] = dict(connection.execute(query).fetchall())
    for name, query in TOPS.items():
        made[name] = rows(connection, query)
    for name, (query, order) in LISTS.items():
        connection.execute(f"CREATE TEMP TABLE list AS {query}")
        made[f"{name}_total"] = connection.execute("SELECT count(*) FROM list").fetchone()[0]
        made[name] = rows(connection, f"SELECT * FROM list ORDER BY {order} LIMIT {LIMIT}")
        connection.execute("DROP TABLE list")
    return made


def check_numbers(connection):
    """Hashes stand for names: two names of one hash would make the answer wrong."""
    for table, number in (("files", "file"), ("rules", "id")):
        query = f"SELECT count(DISTINCT {number}) = count(*) FROM {table}"
        assert connection.execute(query).fetchone()[0], f"two {table} of one hash"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("services")
    parser.add_argument("--loader", choices=LOADERS, default="fast")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--timing", action="store_true", help="say on standard error what each step took")
    options = parser.parse_args()

    paths = sorted(str(path) for path in Path(options.folder).rglob("*.json"))
    connection = duckdb.connect(config={"threads": options.threads, "preserve_insertion_order": False})
    made = None

    def tables():
        connection.execute(TABLES)

    def sections():
        nonlocal made
        check_numbers(connection)
        services(connection, options.services)
        made = report(connection)

    for name, step in (
        ("load", lambda: LOADERS[options.loader](connection, paths, options.threads)),
        ("tables", tables),
        ("sections", sections),
        # Without indent: only then the encoder is the one written in C.
        ("print", lambda: print(json.dumps(made))),
    ):
        started, cpu = time.perf_counter(), time.process_time()
        step()
        if options.timing:
            took, busy = time.perf_counter() - started, time.process_time() - cpu
            print(f"{name:10} {took:6.2f} s, {busy:6.2f} s of CPU", file=sys.stderr)


main()
