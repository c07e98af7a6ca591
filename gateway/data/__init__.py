"""Data layers: where threads, steps, elements, feedback and users are kept, by Chainlit's documented interface."""

from gateway.data.utils import queue_until_user_message

__all__ = ["queue_until_user_message"]
