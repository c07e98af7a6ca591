"""The gateway's tables on PostgreSQL: created and migrated, for data layers and for a store to come."""
