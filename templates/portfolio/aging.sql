-- Open items of each system by rating and age in days, in the bins of FedRAMP's table.
CREATE OR REPLACE TEMPORARY VIEW aging AS
SELECT
  i.system,
  i.risk,
  count(*) FILTER (WHERE i.age_bin = '0-30') AS days_0_30,
  count(*) FILTER (WHERE i.age_bin = '31-60') AS days_31_60,
  count(*) FILTER (WHERE i.age_bin = '61-90') AS days_61_90,
  count(*) FILTER (WHERE i.age_bin = '91-120') AS days_91_120,
  count(*) FILTER (WHERE i.age_bin = '121+') AS days_121,
  count(*) AS open_items,
  max(i.days_open) AS oldest_days
FROM items i
WHERE NOT i.closed
GROUP BY i.system, i.risk;
