-- Keys of personal columns, wrapped by the key in the data folder. The highest number encrypts.
CREATE TABLE data_keys (
  org_id TEXT NOT NULL,
  id BIGINT NOT NULL CHECK (id >= 1),
  wrapped TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);

-- Records whose personal parts were erased, so that each is erased once.
CREATE TABLE erasures (
  org_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  erased_at BIGINT NOT NULL,
  PRIMARY KEY (org_id, subject)
);
