"""Users. A user's identity is (platform, workspace, id); a name or an e-mail address is profile data, never a key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRef:
    """A person on a platform."""

    platform: str
    workspace: str
    id: str
    name: str | None = None
    """The display name in the delivery, if it had one; the profile has the authoritative one."""

    @property
    def key(self) -> str:
        """The identity as text: ``slack:T1:U1``."""
        return f"{self.platform}:{self.workspace}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a platform tells about a user. Profiles are fetched when they are needed and cached for a while."""

    display_name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    locale: str | None = None
    timezone: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What only this platform tells, by the platform's own names."""
