"""What an app written for Chainlit imports from ``chainlit.data.base``: the gateway's own objects."""

from gateway.data.base import BaseDataLayer

__all__ = ["BaseDataLayer"]
