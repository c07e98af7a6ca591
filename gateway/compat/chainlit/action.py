"""What an app written for Chainlit imports from ``chainlit.action``: the gateway's own objects."""

from gateway import Action

__all__ = ["Action"]
