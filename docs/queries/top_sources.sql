-- Who begins the most, each connection once: the report's top sources.
SELECT source, sum(tuples) AS tuples, sum(bytes_sent) + sum(bytes_received) AS bytes
FROM connections
GROUP BY source
ORDER BY tuples DESC, source
