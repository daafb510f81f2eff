-- Connections by outcome, each once. The report's connections.
SELECT outcome, sum(connections) AS connections, sum(bytes_sent) AS bytes_sent, sum(bytes_received) AS bytes_received
FROM connections
GROUP BY outcome
ORDER BY outcome
