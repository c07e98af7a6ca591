"""What an app written for Chainlit imports from ``chainlit.data.utils``: the gateway's own objects."""

from gateway.data.utils import queue_until_user_message

__all__ = ["queue_until_user_message"]
