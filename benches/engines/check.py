"""Reads Parquet exports with other engines and compares what they say with the report.

    check.py ANALYZE CONTAINER QUERIES SCRATCH ENGINE...

Every query of docs/queries runs in every engine (duckdb, clickhouse, polars, spark); each answer must be the report's.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path


def duckdb(tuples, connections):
    import duckdb as engine

    db = engine.connect()
    db.execute(f"CREATE VIEW tuples AS SELECT * FROM read_parquet('{tuples}/**/*.parquet', hive_partitioning = true)")
    db.execute(f"CREATE VIEW connections AS SELECT * FROM read_parquet('{connections}')")
    return lambda sql: [tuple(row) for row in db.execute(sql).fetchall()]


def clickhouse(tuples, connections):
    from chdb import session

    db = session.Session()
    db.query("CREATE DATABASE flows ENGINE = Atomic")
    for name, files in [("tuples", f"{tuples}/**/*.parquet"), ("connections", connections)]:
        db.query(f"CREATE VIEW flows.{name} AS SELECT * FROM file('{files}', Parquet)")
    db.query("USE flows")

    def ask(sql):
        told = str(db.query(sql + " SETTINGS output_format_json_quote_64bit_integers = 0", "JSONCompactEachRow"))
        return [tuple(json.loads(line)) for line in told.splitlines() if line]

    return ask


def polars(tuples, connections):
    import polars as engine

    db = engine.SQLContext(
        tuples=engine.scan_parquet(f"{tuples}/**/*.parquet", hive_partitioning=True),
        connections=engine.scan_parquet(connections),
    )
    return lambda sql: db.execute(sql, eager=True).rows()


def spark(tuples, connections):
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2", "spark.log.level": "ERROR", "spark.ui.showConsoleProgress": "false"}
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    for name, files in [("tuples", tuples), ("connections", connections)]:
        session.read.parquet(files).createOrReplaceTempView(name)
    return lambda sql: [tuple(row) for row in session.sql(sql).collect()]


ENGINES = {"duckdb": duckdb, "clickhouse": clickhouse, "polars": polars, "spark": spark}


def plain(rule):
    for prefix in ("UserRule_", "DefaultRule_"):
        if rule.lower().startswith(prefix.lower()):
            return rule[len(prefix) :]
    return rule


def told(report):
    """What each query must answer, by its name."""
    totals, rules = report["totals"], {}
    for row in report["rules"]:
        sums = rules.setdefault((row["acl"], plain(row["rule"])), [0, 0])
        sums[0] += row["tuples"]
        sums[1] += row["denied"]
    counters = ("packets_sent", "bytes_sent", "packets_received", "bytes_received")
    pick = lambda row, *names: tuple(row[name] for name in names)
    return {
        "totals": [pick(totals, "tuples", *counters)],
        "states": sorted((state, tuples) for state, tuples in report["states"].items() if tuples),
        "protocols": sorted((int(number), tuples) for number, tuples in report["protocols"].items()),
        "rules": sorted((*key, *sums) for key, sums in rules.items()),
        "hours": [pick(row, "time_ms", "tuples", "denied", "bytes_sent", "bytes_received") for row in report["timeline"]],
        "outcomes": sorted(
            pick(row, "outcome", "connections", "bytes_sent", "bytes_received")
            for row in report["connections"]["outcomes"]
            if row["connections"]
        ),
        "denied": [pick(row, "source", "destination", "port", "protocol", "tuples") for row in report["denied"]],
        "top_sources": [pick(row, "ip", "tuples", "bytes") for row in report["top_sources"]],
        "top_ports": [pick(row, "port", "protocol", "tuples", "bytes") for row in report["top_ports"]],
    }


def main():
    analyze, container, queries, scratch, *engines = sys.argv[1:]
    scratch = Path(scratch)
    tuples, connections = scratch / "tuples", scratch / "connections.parquet"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    command = [analyze, container, "--no-config", "--quiet", "--format", "json", "--bucket", "1h", "--top", "100000"]
    command += ["--export-tuples", tuples, "--export-connections", connections]
    report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    expected = told(report)
    files = sorted(Path(queries).glob("*.sql"))
    if {file.stem for file in files} != set(expected):
        sys.exit(f"queries {[file.stem for file in files]} are not those that are compared: {sorted(expected)}")
    wrong = 0
    for name in engines:
        ask = ENGINES[name](str(tuples), str(connections))
        for file in files:
            answer, right = ask(file.read_text()), expected[file.stem]
            # Equal counts stand in whatever order the engine gives equal texts.
            if sorted(map(tuple, answer)) != sorted(right):
                wrong += 1
                differ = [pair for pair in zip(sorted(map(tuple, answer)), sorted(right)) if pair[0] != pair[1]]
                print(f"{name}: {file.name}: {len(answer)} rows, the report has {len(right)}; first {differ[:1]}")
        print(f"{name}: {len(files)} queries over {report['totals']['tuples']} tuples")
    if wrong:
        sys.exit(f"{wrong} answers are not the report's")


main()
