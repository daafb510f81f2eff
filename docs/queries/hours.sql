-- Tuples, denials and bytes by hour. The report's timeline with --bucket 1h.
SELECT
  time_ms - time_ms % 3600000 AS hour_ms,
  count(*) AS tuples,
  sum(CASE WHEN decision = 'denied' THEN 1 ELSE 0 END) AS denied,
  sum(bytes_sent) AS bytes_sent,
  sum(bytes_received) AS bytes_received
FROM tuples
GROUP BY time_ms - time_ms % 3600000
ORDER BY hour_ms
