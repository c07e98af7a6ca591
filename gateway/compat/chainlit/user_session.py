"""``chainlit.user_session``."""

from gateway import user_session
from gateway.chat.session import UserSession

__all__ = ["UserSession", "user_session"]
