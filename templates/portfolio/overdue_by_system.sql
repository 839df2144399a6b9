-- Open and overdue items of each system, by the rating that counts.
CREATE OR REPLACE TEMPORARY VIEW overdue_by_system AS
SELECT
  s.system,
  s.agency,
  s.as_of,
  s.system_status,
  count(i.item) FILTER (WHERE NOT i.closed) AS open_items,
  count(i.item) FILTER (WHERE i.overdue) AS overdue_items,
  count(i.item) FILTER (WHERE i.overdue AND i.risk = 'critical') AS overdue_critical,
  count(i.item) FILTER (WHERE i.overdue AND i.risk = 'high') AS overdue_high,
  count(i.item) FILTER (WHERE i.overdue AND i.risk = 'moderate') AS overdue_moderate,
  count(i.item) FILTER (WHERE i.overdue AND i.risk = 'low') AS overdue_low,
  coalesce(max(i.days_overdue), 0) AS most_days_overdue
FROM systems s
LEFT JOIN items i ON i.system = s.system
GROUP BY s.system, s.agency, s.as_of, s.system_status;
