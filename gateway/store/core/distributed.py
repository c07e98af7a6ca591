"""The tables on PostgreSQL as several replicas use them.

Each statement that runs turns names its conversation, and the keys of these tables begin with it, so that the tables
can be distributed by it (Citus and its kin).
"""

SAID = "gateway:say:"
"""How the keys of the deliveries begin by which programs want something said; ``gateway.runtime.own`` makes them."""

STATEMENTS = (
    "CREATE SEQUENCE deliveries_seq",
    "ALTER TABLE deliveries ALTER COLUMN seq SET DEFAULT nextval('deliveries_seq')",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_pkey",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_key_key",
    "ALTER TABLE deliveries ADD PRIMARY KEY (conversation, key)",
    "CREATE INDEX deliveries_in_order ON deliveries (seq)",
    # What programs want said is asked for by its key alone.
    f"CREATE INDEX deliveries_said ON deliveries (key) WHERE key LIKE '{SAID}%'",
    'ALTER TABLE effects ADD COLUMN conversation TEXT COLLATE "C" NOT NULL',
    "ALTER TABLE effects DROP CONSTRAINT effects_pkey",
    "ALTER TABLE effects ADD PRIMARY KEY (conversation, delivery, ordinal)",
    """CREATE TABLE replicas (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id TEXT COLLATE "C" NOT NULL,
        version TEXT COLLATE "C" NOT NULL,
        host TEXT COLLATE "C" NOT NULL,
        joined_at DOUBLE PRECISION NOT NULL,
        until DOUBLE PRECISION NOT NULL,
        retired BOOLEAN NOT NULL DEFAULT false
    )""",
    'CREATE TABLE leases (conversation TEXT COLLATE "C" PRIMARY KEY, replica BIGINT NOT NULL)',
    "CREATE INDEX leases_replica ON leases (replica)",
    # Rows come and go with each turn: what they leave is cleared before the indexes of what is open are full of it.
    *(
        f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000)"
        for table in ("deliveries", "effects", "leases", "sessions", "replicas")
    ),
)
"""What makes the tables of ``gateway.store.core.tables`` those of several replicas.

``replicas`` has a row for each one that lives: ``until`` is when its leases end unless it renews them (by the clock of
the database, in seconds since the epoch), ``retired`` whether it takes none now, because it is about to end or has just
begun. A number is never given twice. ``leases`` says which replica runs a conversation; the row of one that is gone
counts for nothing.
"""
