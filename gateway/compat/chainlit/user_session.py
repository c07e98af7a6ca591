"""What an app written for Chainlit imports from ``chainlit.user_session``: the gateway's own objects."""

from gateway import user_session
from gateway.chat.session import UserSession

__all__ = ["UserSession", "user_session"]
