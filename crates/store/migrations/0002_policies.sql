-- Versions of the policy and the changes that let them decide.
CREATE TABLE policies (
  org_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  pushed_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, hash)
);
CREATE INDEX policies_by_time ON policies (org_id, pushed_at, hash);

CREATE TABLE policy_changes (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  policy TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'done', 'declined')),
  requested_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, policy) REFERENCES policies (org_id, hash)
);
CREATE INDEX policy_changes_by_time ON policy_changes (org_id, requested_at, id);
