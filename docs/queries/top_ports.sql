-- The busiest services (TCP, UDP and their like have ports), each connection once: the report's top ports.
SELECT destination_port AS port, protocol, sum(tuples) AS tuples, sum(bytes_sent) + sum(bytes_received) AS bytes
FROM connections
WHERE protocol IN (6, 17, 33, 132, 136)
GROUP BY destination_port, protocol
ORDER BY tuples DESC, port, protocol
