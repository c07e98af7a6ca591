"""The context of a handler: its conversation, its session, its user."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.chat.commands import Emitter
from gateway.chat.steps import Step, current_run, current_step
from gateway.chat.titles import keep_title
from gateway.chat.user import User, current_user
from gateway.chat.web_only import NO_SESSION
from gateway.errors import Unsupported
from gateway.runtime.context import require_turn
from gateway.runtime.session import PROFILE
from gateway.runtime.settings import VALUES

_EMITTER = Emitter()

MCP_SESSIONS = "mcp_sessions"
"""The name under which a session has its connections with servers of tools (MCP) attached."""


class Context:
    """Where the running code is: its conversation, its session, its user, its step. Outside of a handler there is no
    step, and all else raises ``RuntimeError``."""

    @property
    def current_step(self) -> Step | None:
        """The innermost step the running code is in; in a handler outside of all steps ``current_run``."""
        return current_step()

    @property
    def current_run(self) -> Step | None:
        """The step that stands for the call of the running handler, the parent of all others; it is never shown."""
        return current_run()

    @property
    def conversation(self) -> str:
        """The conversation's key, e.g. ``slack:T1:C1:1700000000.000100``."""
        return require_turn().ref.key

    @property
    def platform(self) -> str:
        """``slack``, ``discord`` or ``teams``."""
        return require_turn().ref.platform

    @property
    def user(self) -> User:
        """The user this turn is for."""
        return current_user(require_turn())

    async def set_title(self, title: str) -> bool:
        """Name the conversation: the thread in the history, Slack's agent session, Discord's thread.

        Args:
            title: The title; the history keeps 200 characters of it, and the platform cuts a long one.

        Returns:
            Whether the platform has titles (Teams has none).

        Raises:
            PlatformError: The platform did not take the title, retries included.
        """
        turn = require_turn()
        turn.check()
        keep_title(turn, title)
        try:
            await turn.sender.set_title(turn.ref, title)
        except Unsupported:
            return False
        return True

    @property
    def emitter(self) -> Emitter:
        """What tells the user's interface more than messages: ``await context.emitter.set_commands([...])``."""
        return _EMITTER

    @property
    def session(self) -> "SessionInfo":
        """The session's id, its conversation, its user and its platform."""
        turn = require_turn()
        return SessionInfo(
            id=turn.session.id,
            thread_id=turn.thread_id,
            user=current_user(turn),
            client_type=turn.ref.platform,
            mcp_sessions=turn.session.attached.get(MCP_SESSIONS, {}),
            chat_profile=turn.session.values.get(PROFILE),
            chat_settings=dict(turn.session.values.get(VALUES, {})),
            language=turn.profile.locale if turn.profile is not None else None,
        )


class SessionInfo:
    """Read-only facts about the session.

    Args:
        id: The session's id.
        thread_id: The id of the thread that history keeps the conversation as.
        user: The user this turn is for.
        client_type: ``slack``, ``discord`` or ``teams``; never a web page.
        mcp_sessions: The connections with servers of tools (MCP) that are open: by name, each a tuple of the
            ``mcp.ClientSession`` and of what closes the connection (``await ….aclose()``).
        chat_profile: The name of the chosen profile.
        chat_settings: The values of ``ChatSettings``.
        language: The person's locale, where the platform tells it.
    """

    def __init__(
        self,
        *,
        id: str,
        thread_id: str,
        user: User,
        client_type: str,
        mcp_sessions: Mapping[str, tuple[Any, Any]] | None = None,
        chat_profile: str | None = None,
        chat_settings: Mapping[str, Any] | None = None,
        language: str | None = None,
    ) -> None:
        self.id = id
        self.thread_id = thread_id
        self.user = user
        self.client_type = client_type
        self.mcp_sessions: Mapping[str, tuple[Any, Any]] = {} if mcp_sessions is None else mcp_sessions
        self.chat_profile = chat_profile
        self.chat_settings = dict(chat_settings or {})
        self.language = language
        self.user_env: dict[str, str] = {}
        """Always empty: a person gives no variables of their own on a chat platform."""

    if not TYPE_CHECKING:  # checkers know what there is

        def __getattr__(self, name: str) -> Any:
            fix = NO_SESSION.get(name, f"it has {', '.join(sorted(vars(self)))}")
            raise AttributeError(f"cl.context.session has no {name} here: {fix}")


context = Context()
