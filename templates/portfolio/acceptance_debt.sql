-- Decisions not to fix now, by system and rating: how many, whose end has passed, and which have none.
CREATE OR REPLACE TEMPORARY VIEW acceptance_debt AS
SELECT
  i.system,
  i.risk,
  count(*) FILTER (WHERE i.accepted) AS accepted_items,
  count(*) FILTER (WHERE i.accepted AND i.acceptance_review_by IS NULL) AS accepted_without_review,
  count(*) FILTER (WHERE i.status = 'deferred') AS deferred_items,
  count(*) FILTER (WHERE i.decision_ends < i.as_of) AS decisions_ended,
  count(*) FILTER (WHERE i.operational_requirement = 'approved') AS operational_requirements,
  min(i.accepted_on) AS oldest_acceptance
FROM items i
WHERE NOT i.closed
  AND (i.accepted OR i.decision_ends IS NOT NULL OR i.operational_requirement = 'approved')
GROUP BY i.system, i.risk;
