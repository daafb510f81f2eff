"""Container -> table `flows`, one typed row a tuple.

Two ways. `load` is the fastest one found; `load_plain` is what DuckDB's documentation leads to
(`read_json` with explicit columns). Both name files and rules by number, for a row that carried
the 300 characters of their names would cost twice the time and three times the memory.
"""

import os

# What of a document is wanted; from_json skips the rest.
GROUP = '"rule":"VARCHAR"'
GROUP_WITH_TUPLES = '"rule":"VARCHAR","flowTuples":["VARCHAR"]'


def structure(group):
    flows = '[{"aclID":"VARCHAR","flowGroups":[{%s}]}]' % group
    return '{"records":[{"macAddress":"VARCHAR","flowRecords":{"flows":%s}}]}' % flows


def groups(document):
    """Rule groups of the documents in `document`, a query of (path, document)."""
    return f"""
        SELECT path, mac, flow.aclID AS acl, unnest(flow.flowGroups, max_depth := 2)
        FROM (SELECT path, record.macAddress AS mac, unnest(record.flowRecords.flows) AS flow
              FROM (SELECT path, unnest(document.records) AS record FROM ({document})))"""


def typed(groups):
    """One typed row a tuple. A file's and a rule's number is the hash of its name."""
    return f"""
        SELECT file, rule, mac,
               a[1]::BIGINT AS time_ms, a[2] AS source, a[3] AS destination,
               a[4]::USMALLINT AS source_port, a[5]::USMALLINT AS port, a[6]::UTINYINT AS protocol,
               a[7] AS direction, a[8] AS state, a[9] AS encryption,
               try_cast(a[10] AS UBIGINT) AS packets_sent, try_cast(a[11] AS UBIGINT) AS bytes_sent,
               try_cast(a[12] AS UBIGINT) AS packets_received, try_cast(a[13] AS UBIGINT) AS bytes_received
        FROM (SELECT hash(path) AS file, hash(acl, rule) AS rule, mac, string_split(t, ',') AS a
              FROM (SELECT path, acl, rule, mac, unnest(flowTuples) AS t FROM ({groups})))"""


def texts(paths, group):
    """`read_text` reads all of its files on one core: give each core a read of its own."""
    return f"SELECT filename AS path, from_json(content, '{structure(group)}') AS document FROM read_text({paths})"


def load(connection, paths, threads):
    shares = [paths[core::threads] for core in range(threads)]
    shares = [share for share in shares if share]
    union = " UNION ALL ".join

    # A first pass that leaves the tuples where they are, for the names and the number of records.
    connection.execute("CREATE TEMP TABLE documents AS " + union(texts(share, GROUP) for share in shares))
    name(connection)
    connection.execute("DROP TABLE documents")
    connection.execute(
        "CREATE TABLE flows AS "
        + union(typed(groups(texts(share, GROUP_WITH_TUPLES))) for share in shares)
    )


def load_plain(connection, paths, threads):
    # Buffers of this size are taken at once, several a core.
    largest = max(1 << 20, max(os.path.getsize(path) for path in paths))
    columns = (
        "'STRUCT(macAddress VARCHAR, flowRecords STRUCT(flows STRUCT(aclID VARCHAR, "
        "flowGroups STRUCT(rule VARCHAR, flowTuples VARCHAR[])[])[]))[]'"
    )
    connection.execute(
        "CREATE TEMP TABLE documents AS SELECT filename AS path, {'records': records} AS document FROM "
        f"read_json({paths}, columns = {{records: {columns}}}, filename = true, maximum_object_size = {largest})"
    )
    name(connection)
    connection.execute("CREATE TABLE flows AS " + typed(groups("SELECT path, document FROM documents")))
    connection.execute("DROP TABLE documents")


def name(connection):
    """Tables of the names in `documents`."""
    connection.execute(
        "CREATE TABLE files AS SELECT hash(path) AS file, path, len(document.records) AS records FROM documents"
    )
    connection.execute(
        "CREATE TABLE rules AS SELECT DISTINCT hash(acl, rule) AS id, acl, rule FROM ("
        + groups("SELECT path, document FROM documents")
        + ")"
    )


LOADERS = {"fast": load, "plain": load_plain}
