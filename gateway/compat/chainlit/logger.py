"""What an app written for Chainlit imports from ``chainlit.logger``: the gateway's own objects."""

from gateway import logger

__all__ = ["logger"]
