-- Sessions that can be listed and ended one by one, and keys of programs. Everybody signs in again.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN way TEXT NOT NULL DEFAULT 'password';
CREATE UNIQUE INDEX sessions_by_id ON sessions (org_id, id);
CREATE INDEX sessions_by_user ON sessions (org_id, user_id, created_at);

CREATE TABLE api_keys (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  token_sha256 TEXT NOT NULL,
  user_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, token_sha256),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE INDEX api_keys_by_user ON api_keys (org_id, user_id, id);

CREATE TABLE api_key_uses (
  org_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (org_id, key_id),
  FOREIGN KEY (org_id, key_id) REFERENCES api_keys (org_id, id)
);
