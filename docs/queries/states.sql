-- Tuples by state: B begun, C continuing, E ended, D denied, A allowed. The report's states.
SELECT state, count(*) AS tuples
FROM tuples
GROUP BY state
ORDER BY state
