"""What an app written for Chainlit imports from ``chainlit.chat_settings``: the gateway's own objects."""

from gateway import ChatSettings

__all__ = ["ChatSettings"]
