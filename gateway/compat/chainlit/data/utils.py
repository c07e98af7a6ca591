"""``chainlit.data.utils``."""

from gateway.data.utils import queue_until_user_message

__all__ = ["queue_until_user_message"]
