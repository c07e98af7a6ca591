"""The store on PostgreSQL: for several replicas that share it, each running the conversations it holds a lease on."""

from gateway.store.postgresql.store import PostgreSQLStore

__all__ = ["PostgreSQLStore"]
