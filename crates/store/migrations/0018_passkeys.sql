-- Key pairs of people's devices, with which they sign in.
CREATE TABLE passkeys (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  credential_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, credential_id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE INDEX passkeys_by_user ON passkeys (org_id, user_id, id);
