-- Backtests of policies: what was asked for and what became of it. Reports are blobs.
CREATE TABLE backtests (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  policy TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  requested_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, policy) REFERENCES policies (org_id, hash)
);
CREATE INDEX backtests_by_time ON backtests (org_id, requested_at, id);
