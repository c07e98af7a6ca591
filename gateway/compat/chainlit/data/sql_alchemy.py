"""What an app written for Chainlit imports from ``chainlit.data.sql_alchemy``: the gateway's own objects."""

from gateway.data.sql_alchemy import SQLAlchemyDataLayer

__all__ = ["SQLAlchemyDataLayer"]
