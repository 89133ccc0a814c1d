-- What events turned out to be. The last label of an event counts.
CREATE TABLE labels (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  truth TEXT NOT NULL CHECK (truth IN ('fraud', 'good')),
  labelled_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX labels_by_event ON labels (org_id, event_id, labelled_at, id);
CREATE INDEX labels_by_time ON labels (org_id, labelled_at, id);
