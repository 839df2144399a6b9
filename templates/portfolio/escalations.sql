-- FedRAMP's escalation triggers that are realized, over all systems.
CREATE OR REPLACE TEMPORARY VIEW escalations AS
SELECT
  t.system,
  s.agency,
  s.system_status,
  t.trigger_id,
  t.escalation_level,
  t.counted,
  t.threshold,
  t.fact
FROM triggers t
JOIN systems s ON s.system = t.system
WHERE t.realized;
