-- Measures on accounts and content, what partners were told of them, appeals, batches. Platforms take part.
CREATE TABLE institutions_wider (
  org_id TEXT NOT NULL,
  code TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('bank', 'wallet', 'fund_company', 'platform')),
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, code)
);
INSERT INTO institutions_wider (org_id, code, kind, body) SELECT org_id, code, kind, body FROM institutions;
DROP TABLE institutions;
ALTER TABLE institutions_wider RENAME TO institutions;

-- `subject` is the SHA-256 of platform, kind and reference; `ends_at` is set while the measure is in force.
CREATE TABLE measures (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  subject TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN
    ('warn', 'label', 'reduce_reach', 'delay_settlement', 'extra_verification', 'limit_function', 'suspend', 'close',
     'hold_content', 'remove_content')),
  state TEXT NOT NULL CHECK (state IN ('provisional', 'active', 'eased', 'expired', 'lifted')),
  detector TEXT,
  decided_at BIGINT NOT NULL,
  ends_at BIGINT,
  claim TEXT NOT NULL,
  case_id TEXT,
  batch_id TEXT,
  reexamine BIGINT NOT NULL CHECK (reexamine IN (0, 1)),
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, claim),
  CHECK ((state IN ('provisional', 'active', 'eased')) = (ends_at IS NOT NULL)),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);
CREATE INDEX measures_by_time ON measures (org_id, decided_at, id);
CREATE INDEX measures_by_state ON measures (org_id, state, decided_at, id);
CREATE INDEX measures_by_subject ON measures (org_id, subject, decided_at, id);
CREATE INDEX measures_by_case ON measures (org_id, case_id, decided_at, id) WHERE case_id IS NOT NULL;
CREATE INDEX measures_by_batch ON measures (org_id, batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX measures_by_detector ON measures (org_id, detector, decided_at) WHERE detector IS NOT NULL;
CREATE INDEX measures_to_reexamine ON measures (org_id, decided_at, id) WHERE reexamine = 1;
CREATE INDEX measures_by_end ON measures (org_id, ends_at) WHERE ends_at IS NOT NULL;

-- What a partner is to be told of a measure, in order. Its content is gone once it is delivered.
CREATE TABLE measure_effects (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  partner TEXT NOT NULL,
  seq BIGINT NOT NULL CHECK (seq >= 1),
  verb TEXT NOT NULL CHECK (verb IN ('apply', 'confirm', 'ease', 'lift', 'expire')),
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'superseded')),
  made_at BIGINT NOT NULL,
  due_by BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, measure_id, partner, seq),
  FOREIGN KEY (org_id, measure_id) REFERENCES measures (org_id, id)
);
CREATE INDEX measure_effects_pending ON measure_effects (org_id, due_by) WHERE state = 'pending';

CREATE TABLE appeals (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('submitted', 'acknowledged', 'needs_materials', 'under_review', 'upheld', 'partly', 'rejected', 'not_decided',
     'executed', 'external_review')),
  open BIGINT NOT NULL CHECK (open IN (0, 1)),
  livelihood BIGINT NOT NULL CHECK (livelihood IN (0, 1)),
  filed_at BIGINT NOT NULL,
  decide_by BIGINT NOT NULL,
  reviewer TEXT,
  outcome TEXT CHECK (outcome IN ('upheld', 'partly', 'rejected', 'not_decided')),
  decided_at BIGINT,
  wrongly_held BIGINT NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  CHECK ((outcome IS NULL) = (decided_at IS NULL)),
  CHECK ((open = 1) = (outcome IS NULL)),
  FOREIGN KEY (org_id, measure_id) REFERENCES measures (org_id, id)
);
CREATE UNIQUE INDEX appeals_one_open ON appeals (org_id, measure_id) WHERE open = 1;
CREATE INDEX appeals_by_measure ON appeals (org_id, measure_id, filed_at, id);
CREATE INDEX appeals_queue ON appeals (org_id, livelihood, decide_by, id) WHERE open = 1;
CREATE INDEX appeals_by_time ON appeals (org_id, filed_at, id);
CREATE INDEX appeals_decided ON appeals (org_id, decided_at) WHERE decided_at IS NOT NULL;

CREATE TABLE measure_batches (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('dry_run', 'refused', 'declined', 'applying', 'applied', 'rolled_back')),
  asked_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX measure_batches_by_time ON measure_batches (org_id, asked_at, id);

CREATE TABLE measure_batch_subjects (
  org_id TEXT NOT NULL,
  batch_id TEXT NOT NULL,
  line BIGINT NOT NULL CHECK (line >= 1),
  result TEXT NOT NULL CHECK (result IN ('excluded', 'waiting', 'imposed', 'failed', 'rolled_back')),
  measure_id TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, batch_id, line),
  FOREIGN KEY (org_id, batch_id) REFERENCES measure_batches (org_id, id)
);
CREATE INDEX measure_batch_subjects_by_result ON measure_batch_subjects (org_id, batch_id, result, line);
