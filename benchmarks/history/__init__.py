"""History: what pages of kept threads cost beside their bare SQL, on SQLite and PostgreSQL, and what an event costs
where very many conversations are kept."""
