"""What an app written for Chainlit imports from ``chainlit.cache``: the gateway's own objects."""

from gateway import cache

__all__ = ["cache"]
