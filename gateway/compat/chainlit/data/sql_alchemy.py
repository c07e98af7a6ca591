"""``chainlit.data.sql_alchemy``."""

from gateway.data.sql_alchemy import SQLAlchemyDataLayer

__all__ = ["SQLAlchemyDataLayer"]
