"""Several replicas on one PostgreSQL: how many turns they take beside one, and what an event costs there."""
