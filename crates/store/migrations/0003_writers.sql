-- Who works on the record in PostgreSQL, one row an organisation (the embedded form has the lock of its folder). `epoch`
-- counts takeovers: what an earlier writer tries from then on is refused.
CREATE TABLE writers (
  org_id TEXT NOT NULL,
  epoch BIGINT NOT NULL CHECK (epoch >= 1),
  instance TEXT NOT NULL,
  told TEXT NOT NULL,
  lease_until BIGINT NOT NULL,
  PRIMARY KEY (org_id)
);

-- The public key of the tree's checkpoints: a second folder with a key of its own must not sign them.
ALTER TABLE log_heads ADD COLUMN audit_verifier TEXT;
