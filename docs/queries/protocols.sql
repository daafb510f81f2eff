-- Tuples by protocol. The report's protocols.
SELECT protocol, count(*) AS tuples
FROM tuples
GROUP BY protocol
ORDER BY protocol
