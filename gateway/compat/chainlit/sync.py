"""``chainlit.sync``."""

from gateway import make_async, run_sync

__all__ = ["make_async", "run_sync"]
