-- Days from detection to completion of closed items, by system and rating. Days that cannot be are left out.
CREATE OR REPLACE TEMPORARY VIEW time_to_remediate AS
SELECT
  i.system,
  i.risk,
  count(*) AS closed_items,
  round(avg(i.days_open), 1) AS mean_days,
  round(median(i.days_open), 1) AS median_days,
  max(i.days_open) AS longest_days
FROM items i
WHERE i.closed AND i.days_open IS NOT NULL
GROUP BY i.system, i.risk;
