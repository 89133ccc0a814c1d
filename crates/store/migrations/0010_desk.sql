-- The desk: teams, shifts, notes, tasks, operations; cases nobody has taken, and when that became too long.
CREATE TABLE teams (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name)
);

CREATE TABLE shifts (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  team_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'handed_over', 'acknowledged')),
  started_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id)
);
CREATE INDEX shifts_by_team ON shifts (org_id, team_id, started_at, id);
-- A team has one shift that the next one has not taken over.
CREATE UNIQUE INDEX shifts_one_open ON shifts (org_id, team_id) WHERE state <> 'acknowledged';

CREATE TABLE notes (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);
CREATE INDEX notes_by_case ON notes (org_id, case_id, at, id);

CREATE TABLE note_mentions (
  org_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  note_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  read_at BIGINT,
  PRIMARY KEY (org_id, user_id, note_id),
  FOREIGN KEY (org_id, note_id) REFERENCES notes (org_id, id)
);
CREATE INDEX note_mentions_unread ON note_mentions (org_id, user_id, at, note_id) WHERE read_at IS NULL;

CREATE TABLE tasks (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  assignee TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
  due_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);
CREATE INDEX tasks_by_case ON tasks (org_id, case_id, id);
CREATE INDEX tasks_by_assignee ON tasks (org_id, assignee, due_at, id) WHERE state = 'open';

CREATE TABLE operations (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, name)
);

CREATE TABLE operation_cases (
  org_id TEXT NOT NULL,
  operation_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  PRIMARY KEY (org_id, operation_id, case_id),
  FOREIGN KEY (org_id, operation_id) REFERENCES operations (org_id, id),
  FOREIGN KEY (org_id, case_id) REFERENCES cases (org_id, id)
);
CREATE INDEX operation_cases_by_case ON operation_cases (org_id, case_id);

ALTER TABLE cases ADD COLUMN escalated_at BIGINT;
CREATE INDEX cases_waiting ON cases (org_id, priority, opened_at, id)
  WHERE assigned_to IS NULL AND state IN ('open', 'filed');
CREATE INDEX cases_by_assignee ON cases (org_id, assigned_to, priority, opened_at, id) WHERE assigned_to IS NOT NULL;
CREATE INDEX leads_of_case ON leads (org_id, case_id, id);
