-- Moves of due dates to later days, by who owns the items now; null for items that have no owner or are gone.
CREATE OR REPLACE TEMPORARY VIEW slips_by_owner AS
SELECT
  e.system,
  i.owner,
  count(*) AS slips,
  count(DISTINCT e.item) AS slipped_items,
  round(avg(e.days_moved), 1) AS mean_days,
  max(e.days_moved) AS worst_days
FROM events e
JOIN systems s ON s.system = e.system
LEFT JOIN items i ON i.system = e.system AND i.item = e.item
WHERE e.slip AND e.event_day <= s.as_of
GROUP BY e.system, i.owner;
