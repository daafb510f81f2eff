-- Who was denied at what: the conversations with the most denied tuples. The report's list of the same name.
SELECT source, destination, destination_port AS port, protocol, sum(tuples) AS tuples
FROM connections
WHERE outcome = 'denied'
GROUP BY source, destination, destination_port, protocol
ORDER BY tuples DESC, source, destination, port, protocol
