-- Whether the rows of the record are bound to the audit tree, and how many checkpoints were stored.
ALTER TABLE log_heads ADD COLUMN rows_bound BIGINT;
ALTER TABLE log_heads ADD COLUMN audit_checkpoints BIGINT;
