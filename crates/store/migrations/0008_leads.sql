-- The lead ledger: who has a lead, where it was referred to and by when that must be answered, what came of it. A report
-- knows its case whatever its state becomes.
ALTER TABLE leads ADD COLUMN owner TEXT;
ALTER TABLE leads ADD COLUMN unit TEXT;
ALTER TABLE leads ADD COLUMN due_at BIGINT;
ALTER TABLE leads ADD COLUMN merged_into TEXT;
ALTER TABLE leads ADD COLUMN outcome TEXT;
UPDATE leads SET owner = (SELECT c.assigned_to FROM cases c WHERE c.org_id = leads.org_id AND c.id = leads.case_id)
  WHERE state = 'assigned';
CREATE INDEX leads_by_urgency ON leads (org_id, priority, opened_at, id);
CREATE INDEX leads_by_state ON leads (org_id, state, priority, opened_at, id);
CREATE INDEX leads_by_owner ON leads (org_id, owner, priority, opened_at, id) WHERE owner IS NOT NULL;
CREATE INDEX leads_by_due ON leads (org_id, due_at, id) WHERE state = 'referred';
CREATE INDEX leads_by_merge ON leads (org_id, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX leads_by_time ON leads (org_id, opened_at);

ALTER TABLE reports ADD COLUMN case_id TEXT;
UPDATE reports SET case_id = (SELECT l.case_id FROM leads l WHERE l.org_id = reports.org_id AND l.report_id = reports.id)
  WHERE state = 'lead_opened';
UPDATE reports SET case_id = (SELECT c.id FROM cases c WHERE c.org_id = reports.org_id
    AND reports.body LIKE '%"state":"merged","case_id":"' || c.id || '"%')
  WHERE state = 'merged';
CREATE INDEX reports_by_case ON reports (org_id, case_id, received_at, id) WHERE case_id IS NOT NULL;
CREATE INDEX reports_by_state ON reports (org_id, state, received_at, id);
CREATE INDEX cases_by_time ON cases (org_id, opened_at);
