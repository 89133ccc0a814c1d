-- Goods that were seized for cases; the measures of an operation, which a list of them asks for; and in which currency an
-- overturned measure kept money from its owner (of before: CNY).
CREATE TABLE seizures (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('held', 'returned', 'forfeited')),
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);
CREATE INDEX seizures_by_case ON seizures (org_id, case_id, id);

ALTER TABLE appeals ADD COLUMN wrongly_held_currency TEXT;
ALTER TABLE measures ADD COLUMN operation_id TEXT;
CREATE INDEX measures_by_operation ON measures (org_id, operation_id, decided_at, id) WHERE operation_id IS NOT NULL;
