-- The chart of accounts: the same rows as ledger/chart.py (a test compares them). Not a Django-managed table, so that
-- test flushes leave it alone.
CREATE TABLE ledger_account_kind (
    prefix varchar(32) PRIMARY KEY,
    per_owner boolean NOT NULL,
    sign smallint NOT NULL CONSTRAINT kind_sign_is_debit_or_credit CHECK (sign IN (1, -1)),
    min_balance_minor bigint,
    hot boolean NOT NULL,
    one_currency boolean NOT NULL,
    title varchar(80) NOT NULL
);

INSERT INTO ledger_account_kind (prefix, per_owner, sign, min_balance_minor, hot, one_currency, title) VALUES
    ('acquirer_receivable', false,  1, NULL, true,  false, 'Captured by the acquirer, not yet settled'),
    ('bank:operating',      false,  1, NULL, false, false, 'Operating bank account'),
    ('bank:trust',          false,  1, NULL, true,  false, 'Trust bank account, money of others'),
    ('escrow_held',         true,  -1, 0,    false, true,  'Held in one escrow'),
    ('provider_payable',    true,  -1, 0,    false, false, 'Owed to a provider'),
    ('customer_refundable', true,  -1, 0,    false, false, 'Owed back to a customer'),
    ('fees:platform',       false, -1, 0,    true,  false, 'Platform fees earned'),
    ('costs',               true,   1, NULL, true,  false, 'Costs of one kind'),
    ('ach_clearing:out',    false, -1, NULL, true,  false, 'ACH credits sent, not yet settled'),
    ('ach_clearing:in',     false,  1, NULL, true,  false, 'ACH debits sent, not yet settled'),
    ('reserve',             true,  -1, 0,    false, false, 'Kept back from a provider'),
    ('returns_receivable',  true,   1, 0,    false, false, 'Owed by a party after a return'),
    ('suspense',            false, -1, NULL, true,  false, 'Not yet matched to anything');
