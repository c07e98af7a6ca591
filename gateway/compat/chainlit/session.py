"""``chainlit.session``. A conversation's session is no socket's, as in Chainlit on the messaging platforms."""

from gateway.chat.context import SessionInfo

BaseSession = SessionInfo
HTTPSession = SessionInfo
ClientType = str

__all__ = ["BaseSession", "ClientType", "HTTPSession"]
