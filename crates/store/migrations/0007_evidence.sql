-- Items of evidence and what happened to each. Their bytes are blobs.
CREATE TABLE evidence_items (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in_custody', 'released')),
  acquired_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);
CREATE INDEX evidence_items_by_case ON evidence_items (org_id, case_id, acquired_at, id);

-- The chain of custody: never changed, each link holds the digest of the one before.
CREATE TABLE custody_events (
  org_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  seq BIGINT NOT NULL CHECK (seq >= 1),
  at BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, item_id, seq),
  FOREIGN KEY (org_id, item_id) REFERENCES evidence_items (org_id, id)
);
