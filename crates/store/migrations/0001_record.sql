-- The record, first form. One text for SQLite and PostgreSQL 15+: TEXT ids and states, BIGINT money, times in
-- microseconds since 1970 UTC, BYTEA hashes (SQLite takes the word for "any value" and keeps the bytes as they are).

-- The ends of the audit tree and of the feed, one row an organisation. Its lock orders everything numbered.
CREATE TABLE log_heads (
  org_id TEXT NOT NULL,
  audit_size BIGINT NOT NULL DEFAULT 0 CHECK (audit_size >= 0),
  audit_frontier BYTEA NOT NULL,
  feed_head BIGINT NOT NULL DEFAULT 0 CHECK (feed_head >= 0),
  PRIMARY KEY (org_id)
);

CREATE TABLE counters (
  org_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (org_id, name)
);

CREATE TABLE users (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, login)
);

CREATE TABLE sessions (
  org_id TEXT NOT NULL,
  token_sha256 TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, token_sha256),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE INDEX sessions_by_end ON sessions (org_id, expires_at);

CREATE TABLE institutions (
  org_id TEXT NOT NULL,
  code TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('bank', 'wallet', 'fund_company')),
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, code)
);

CREATE TABLE reports (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  priority TEXT NOT NULL CHECK (priority IN ('p0', 'p1', 'p2', 'p3')),
  state TEXT NOT NULL CHECK (state IN
    ('received', 'triaged', 'needs_info', 'merged', 'lead_opened', 'not_fraud', 'closed')),
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX reports_by_time ON reports (org_id, received_at, id);

CREATE TABLE leads (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  priority TEXT NOT NULL CHECK (priority IN ('p0', 'p1', 'p2', 'p3')),
  state TEXT NOT NULL CHECK (state IN
    ('new', 'assigned', 'investigating', 'referred', 'no_action', 'merged', 'outcome_recorded')),
  opened_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, report_id) REFERENCES reports (org_id, id)
);
CREATE INDEX leads_by_case ON leads (org_id, case_id);
CREATE INDEX leads_by_report ON leads (org_id, report_id);

CREATE TABLE cases (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  lead_id TEXT NOT NULL,
  priority TEXT NOT NULL CHECK (priority IN ('p0', 'p1', 'p2', 'p3')),
  state TEXT NOT NULL CHECK (state IN ('open', 'filed', 'solved', 'suspended', 'withdrawn', 'closed')),
  opened_at BIGINT NOT NULL,
  assigned_to TEXT,
  clock_runs BIGINT NOT NULL CHECK (clock_runs IN (0, 1)),
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, number),
  FOREIGN KEY (org_id, lead_id) REFERENCES leads (org_id, id)
);
CREATE INDEX cases_by_urgency ON cases (org_id, priority, opened_at, id);
CREATE INDEX cases_by_clock ON cases (org_id, clock_runs, id);

CREATE TABLE plans (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  version BIGINT NOT NULL CHECK (version >= 1),
  state TEXT NOT NULL CHECK (state IN ('proposed', 'submitted', 'approved', 'superseded')),
  created_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, case_id, version),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);

CREATE TABLE orders (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  application_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  plan_id TEXT,
  parent_id TEXT,
  kind TEXT NOT NULL CHECK (kind IN
    ('stop_payment', 'stop_extension', 'stop_release', 'freeze', 'freeze_extension', 'freeze_release',
     'redemption_hold', 'redemption_release')),
  state TEXT NOT NULL CHECK (state IN
    ('draft', 'withdrawn', 'approved', 'signed', 'sent', 'acked', 'executing', 'executed', 'partially_executed',
     'refused', 'failed', 'active', 'expired', 'released', 'converted', 'returned')),
  institution TEXT NOT NULL,
  account TEXT NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  last_seq BIGINT NOT NULL CHECK (last_seq >= 1),
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, application_id),
  CHECK ((state = 'active') = (expires_at IS NOT NULL)),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id),
  FOREIGN KEY (org_id, plan_id) REFERENCES plans (org_id, id),
  FOREIGN KEY (org_id, parent_id) REFERENCES orders (org_id, id)
);
CREATE INDEX orders_by_case ON orders (org_id, case_id, id);
CREATE INDEX orders_by_plan ON orders (org_id, plan_id, id);
CREATE INDEX orders_by_parent ON orders (org_id, parent_id, id);
CREATE INDEX orders_by_state ON orders (org_id, state, id);
CREATE INDEX orders_by_account ON orders (org_id, institution, account, id);
CREATE INDEX orders_by_end ON orders (org_id, expires_at, id) WHERE expires_at IS NOT NULL;

CREATE TABLE order_transitions (
  org_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  seq BIGINT NOT NULL CHECK (seq >= 1),
  at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, order_id, seq),
  FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id)
);

CREATE TABLE order_answers (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  institution TEXT NOT NULL,
  message_id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, institution, message_id),
  FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id)
);
CREATE INDEX order_answers_by_order ON order_answers (org_id, order_id, received_at, id);

CREATE TABLE jobs (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  unique_key TEXT,
  state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'buried')),
  run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  worker TEXT,
  lease_token TEXT,
  lease_until BIGINT,
  last_error TEXT,
  finished_at BIGINT,
  PRIMARY KEY (org_id, id),
  CHECK ((state = 'running') = (lease_token IS NOT NULL)),
  CHECK ((state = 'running') = (lease_until IS NOT NULL))
);
CREATE UNIQUE INDEX jobs_one_pending ON jobs (org_id, unique_key) WHERE state = 'pending';
CREATE INDEX jobs_running_by_key ON jobs (org_id, unique_key) WHERE state = 'running';
CREATE INDEX jobs_due ON jobs (org_id, run_at, id) WHERE state = 'pending';
CREATE INDEX jobs_leased ON jobs (org_id, lease_until, id) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (org_id, finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE outbox (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX outbox_pending ON outbox (org_id, id) WHERE sent_at IS NULL;

CREATE TABLE idempotency (
  org_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in_progress', 'done')),
  lease_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  status BIGINT,
  content_type TEXT,
  body BYTEA,
  PRIMARY KEY (org_id, scope, key),
  CHECK ((state = 'done') = (status IS NOT NULL))
);
CREATE INDEX idempotency_by_end ON idempotency (org_id, expires_at);

-- Used by PostgreSQL only; the embedded form keeps blobs as files.
CREATE TABLE blobs (
  org_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (org_id, sha256)
);

CREATE TABLE feed (
  org_id TEXT NOT NULL,
  id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  at BIGINT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);

CREATE TABLE audit_entries (
  org_id TEXT NOT NULL,
  seq BIGINT NOT NULL CHECK (seq >= 0),
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  leaf_hash BYTEA NOT NULL,
  PRIMARY KEY (org_id, seq)
);
CREATE INDEX audit_entries_by_subject ON audit_entries (org_id, subject, seq);

-- Inner nodes of complete subtrees: node (level, ix) covers entries ix * 2^level up to (ix + 1) * 2^level.
CREATE TABLE audit_nodes (
  org_id TEXT NOT NULL,
  level BIGINT NOT NULL CHECK (level BETWEEN 1 AND 62),
  ix BIGINT NOT NULL CHECK (ix >= 0),
  hash BYTEA NOT NULL,
  PRIMARY KEY (org_id, level, ix)
);

-- Personal values of entries: erasable, only their salted commitments are in the leaves.
CREATE TABLE audit_personal (
  org_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  salt BYTEA NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (org_id, seq, name),
  FOREIGN KEY (org_id, seq) REFERENCES audit_entries (org_id, seq)
);
CREATE INDEX audit_personal_by_subject ON audit_personal (org_id, subject);

CREATE TABLE audit_checkpoints (
  org_id TEXT NOT NULL,
  size BIGINT NOT NULL CHECK (size >= 0),
  root BYTEA NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (org_id, size)
);
