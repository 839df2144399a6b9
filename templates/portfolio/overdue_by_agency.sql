-- Systems, open and overdue items of each agency (the tag `agency` of the portfolio).
CREATE OR REPLACE TEMPORARY VIEW overdue_by_agency AS
SELECT
  s.agency,
  count(DISTINCT s.system) AS systems,
  count(DISTINCT s.system) FILTER (WHERE i.overdue) AS systems_with_overdue,
  count(i.item) FILTER (WHERE NOT i.closed) AS open_items,
  count(i.item) FILTER (WHERE i.overdue) AS overdue_items,
  count(i.item) FILTER (WHERE i.overdue AND i.risk IN ('critical', 'high')) AS overdue_high
FROM systems s
LEFT JOIN items i ON i.system = s.system
GROUP BY s.agency;
