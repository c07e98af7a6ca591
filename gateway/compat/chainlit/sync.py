"""What an app written for Chainlit imports from ``chainlit.sync``: the gateway's own objects."""

from gateway import make_async, run_sync

__all__ = ["make_async", "run_sync"]
