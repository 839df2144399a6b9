-- The same CVE, scanner's identifier or name of a weakness in more than one system.
CREATE OR REPLACE TEMPORARY VIEW shared_weaknesses AS
SELECT
  d.identifier_kind,
  d.identifier,
  count(DISTINCT d.system) AS systems,
  count(*) AS items,
  count(*) FILTER (WHERE NOT i.closed) AS open_items,
  count(*) FILTER (WHERE i.overdue) AS overdue_items,
  count(DISTINCT d.system) FILTER (WHERE NOT i.closed) AS systems_with_open,
  min(i.detected) AS first_detected
FROM identifiers d
JOIN items i ON i.system = d.system AND i.item = d.item
WHERE d.identifier_kind IN ('cve', 'source', 'weakness')
GROUP BY d.identifier_kind, d.identifier
HAVING count(DISTINCT d.system) > 1;
