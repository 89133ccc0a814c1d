-- Lists as people saved them: which screen, with which filters.
CREATE TABLE saved_views (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  shared BIGINT NOT NULL CHECK (shared IN (0, 1)),
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  saved_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE INDEX saved_views_by_user ON saved_views (org_id, user_id, name, id);
CREATE INDEX saved_views_shared ON saved_views (org_id, name, id) WHERE shared = 1;
