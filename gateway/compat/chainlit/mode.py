"""What an app written for Chainlit imports from ``chainlit.mode``: the gateway's own objects."""

from gateway import Mode, ModeOption

__all__ = ["Mode", "ModeOption"]
