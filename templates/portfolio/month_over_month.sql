-- All systems together, month by month, with the change of open items against the month before.
CREATE OR REPLACE TEMPORARY VIEW month_over_month AS
SELECT
  m.month_start,
  count(*) AS systems,
  sum(m.open_items) AS open_items,
  sum(m.opened) AS opened,
  sum(m.closed) AS closed,
  sum(m.removed) AS removed,
  sum(m.rescheduled) AS rescheduled,
  sum(m.overdue_items) AS overdue_items,
  sum(m.open_items) - lag(sum(m.open_items)) OVER (ORDER BY m.month_start) AS change_of_open
FROM months m
GROUP BY m.month_start;
