"""Fetches what people, models and pages name: public addresses only, bounded in size and time."""

from gateway.fetching.addresses import is_public
from gateway.fetching.fetcher import Fetched, Fetcher

__all__ = ["Fetched", "Fetcher", "is_public"]
