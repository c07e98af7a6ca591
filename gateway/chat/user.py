"""The person a turn is for, as a handler sees them."""

from typing import Any

from gateway.model import Profile, UserRef
from gateway.runtime.history import metadata_of
from gateway.runtime.turn import Turn


class User:
    """A person who talks to the bot.

    Args:
        identifier: The unique and stable id: ``platform:workspace:id``.
        display_name: The name shown to others; it may change and is not unique.
        metadata: What the platform told about the person: ``email``, ``locale``, ``timezone``, …
    """

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
        """The e-mail address the platform gave, if any. It does not prove who somebody is: decide by ``identifier``."""
        email = self.metadata.get("email")
        return email if isinstance(email, str) else None

    @classmethod
    def of(cls, ref: UserRef, profile: Profile | None) -> "User":
        """Return the user of an event.

        Args:
            ref: Who did it, as the event says.
            profile: What the platform told about the person, if anything.
        """
        name = (profile.display_name if profile is not None else None) or ref.name
        return cls(ref.key, display_name=name, metadata=metadata_of(ref, profile))


class PersistedUser(User):
    """A person as a data layer keeps them.

    Args:
        id: The data layer's own id of the person.
        createdAt: When they were first kept: ISO 8601, UTC.
        identifier: The unique and stable id: ``platform:workspace:id``.
        display_name: The name shown to others; it may change and is not unique.
        metadata: What the platform told about the person.
    """

    def __init__(
        self,
        id: str,
        createdAt: str,
        identifier: str,
        display_name: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(identifier, display_name=display_name, metadata=metadata)
        self.id = id
        self.createdAt = createdAt


def current_user(turn: Turn) -> User:
    """Return the user this turn is for."""
    return User.of(turn.event.user, turn.profile)


def name_of(turn: Turn) -> str | None:
    """Return the display name of the user this turn is for, without making a ``User``: every message asks for it."""
    return (turn.profile.display_name if turn.profile is not None else None) or turn.event.user.name
