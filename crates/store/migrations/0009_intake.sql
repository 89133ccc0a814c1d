-- Reports from the public and in bulk: the digest of the reporter's claim code, the sender's own number. What cases are
-- about, for merging and linking: the victims' payments always, what is known of suspects where the reporter lets the
-- data be matched.
ALTER TABLE reports ADD COLUMN claim_sha256 TEXT;
ALTER TABLE reports ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX reports_by_claim ON reports (org_id, claim_sha256) WHERE claim_sha256 IS NOT NULL;
CREATE UNIQUE INDEX reports_by_external_id ON reports (org_id, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE case_keys (
  org_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment', 'account', 'phone', 'handle', 'domain')),
  digest TEXT NOT NULL,
  case_id TEXT NOT NULL,
  PRIMARY KEY (org_id, kind, digest, case_id),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);
CREATE INDEX case_keys_by_case ON case_keys (org_id, case_id);
