"""The person a turn is for, and the session's values."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from gateway.model import Profile, UserRef, to_json
from gateway.runtime.context import require_turn
from gateway.runtime.turn import Turn


class User:
    """A user. ``identifier`` is unique and stable: ``platform:workspace:id``. Name and e-mail are profile data."""

    def __init__(
        self, identifier: str, display_name: str | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self.identifier = identifier
        self.display_name = display_name
        self.metadata: dict[str, Any] = metadata or {}

    def __repr__(self) -> str:
        return f"User(identifier={self.identifier!r}, display_name={self.display_name!r})"

    @property
    def email(self) -> str | None:
        """The e-mail address the platform gave, if any. Never use it to decide who somebody is."""
        email = self.metadata.get("email")
        return email if isinstance(email, str) else None

    @classmethod
    def of(cls, ref: UserRef, profile: Profile | None) -> "User":
        """The user of an event, with what the platform told about them."""
        metadata: dict[str, Any] = {"platform": ref.platform, "workspace": ref.workspace, "id": ref.id}
        if profile is not None:
            told = to_json(profile, sparse=True)
            metadata |= profile.extra
            metadata |= {name: value for name, value in told.items() if name not in ("display_name", "extra")}
        name = (profile.display_name if profile is not None else None) or ref.name
        return cls(ref.key, display_name=name, metadata=metadata)


RESERVED = frozenset({"id", "user"})
"""Keys the gateway fills in; setting them is refused."""


class UserSession(MutableMapping[str, Any]):
    """What this conversation remembers. JSON values survive a restart; other objects live while the session is in
    memory (recreate them in ``on_chat_resume``). Reserved keys: ``id``, ``user``."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or ``default``."""
        return self._reserved(key) if key in RESERVED else self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Remember a value."""
        self[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._reserved(key) if key in RESERVED else self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key in RESERVED:
            raise KeyError(f"{key!r} is filled in by the gateway; choose another key")
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter((*RESERVED, *self._values))

    def __len__(self) -> int:
        return len(RESERVED) + len(self._values)

    @property
    def _values(self) -> dict[str, Any]:
        return require_turn().session.values

    def _reserved(self, key: str) -> Any:
        turn = require_turn()
        return turn.session.id if key == "id" else current_user(turn)


def current_user(turn: Turn) -> User:
    """Who this turn is for."""
    return User.of(turn.event.user, turn.profile)


def name_of(turn: Turn) -> str | None:
    """The display name of who this turn is for, without all the rest of a ``User``: every message asks for it."""
    return (turn.profile.display_name if turn.profile is not None else None) or turn.event.user.name


class Context:
    """Where the running code is: its conversation, its session, its user."""

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
        """Who this turn is for."""
        return current_user(require_turn())

    @property
    def session(self) -> "SessionInfo":
        """The session's ids."""
        turn = require_turn()
        return SessionInfo(id=turn.session.id, thread_id=turn.ref.key, user=current_user(turn))


class SessionInfo:
    """Read-only facts about the session."""

    def __init__(self, *, id: str, thread_id: str, user: User) -> None:
        self.id = id
        self.thread_id = thread_id
        """The conversation's key."""
        self.user = user


user_session = UserSession()
context = Context()
