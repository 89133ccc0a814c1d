-- Which account a person of an identity provider has.
CREATE TABLE identities (
  org_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL,
  made_by_groups BIGINT NOT NULL,
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, issuer, subject),
  UNIQUE (org_id, issuer, user_id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
