"""Who said it. Identity is (platform, workspace, id); a name or an e-mail is profile data, never a key."""

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
    """A display name the delivery itself carried, if any; the profile has the authoritative one."""

    @property
    def key(self) -> str:
        return f"{self.platform}:{self.workspace}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a platform tells about a user; fetched, cached and expiring."""

    display_name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    locale: str | None = None
    timezone: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
