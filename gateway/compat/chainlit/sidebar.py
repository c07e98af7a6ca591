"""What an app written for Chainlit imports from ``chainlit.sidebar``: the gateway's own objects."""

from gateway import ElementSidebar

__all__ = ["ElementSidebar"]
