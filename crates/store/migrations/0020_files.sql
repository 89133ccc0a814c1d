-- Files that people sent: which blob has them, encrypted, and the key that opens it, in an encrypted column. Whoever owns
-- one is the report or appeal that it came with.
CREATE TABLE files (
  org_id TEXT NOT NULL,
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  stored TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX files_by_owner ON files (org_id, owner, id);
