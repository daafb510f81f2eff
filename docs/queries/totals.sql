-- How much there is: tuples, and packets and bytes each way. The report's totals.
SELECT
  count(*) AS tuples,
  sum(packets_sent) AS packets_sent,
  sum(bytes_sent) AS bytes_sent,
  sum(packets_received) AS packets_received,
  sum(bytes_received) AS bytes_received
FROM tuples
