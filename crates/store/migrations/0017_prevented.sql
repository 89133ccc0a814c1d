-- Money that was never sent, by the reports that tell of it; numbers are sums of these.
ALTER TABLE reports ADD COLUMN prevented_minor BIGINT;
ALTER TABLE reports ADD COLUMN prevented_currency TEXT;
ALTER TABLE reports ADD COLUMN prevented_institution TEXT;
ALTER TABLE reports ADD COLUMN prevented_at BIGINT;
CREATE INDEX reports_by_prevented ON reports (org_id, prevented_at) WHERE prevented_at IS NOT NULL;
