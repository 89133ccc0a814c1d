-- What an order holds (or what came back by it), in minor units, and when it first held something; what a delayed
-- settlement is about. Numbers are sums of these: the records themselves are encrypted.
ALTER TABLE orders ADD COLUMN held_minor BIGINT;
ALTER TABLE orders ADD COLUMN held_currency TEXT;
ALTER TABLE orders ADD COLUMN held_at BIGINT;
CREATE INDEX orders_by_held ON orders (org_id, held_at) WHERE held_at IS NOT NULL;
-- Orders of before, whose columns are still to be filled.
CREATE INDEX orders_unsummed ON orders (org_id, id)
  WHERE held_at IS NULL AND kind IN ('stop_payment', 'freeze', 'redemption_hold')
    AND state IN ('executed', 'partially_executed', 'active', 'returned');
ALTER TABLE measures ADD COLUMN held_minor BIGINT;
ALTER TABLE measures ADD COLUMN held_currency TEXT;
