-- What each rule decided: tuples, and of these the denied ones. The report's rules.
SELECT nsg, rule, count(*) AS tuples, sum(CASE WHEN decision = 'denied' THEN 1 ELSE 0 END) AS denied
FROM tuples
GROUP BY nsg, rule
ORDER BY nsg, rule
