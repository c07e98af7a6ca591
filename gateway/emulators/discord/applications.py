"""The application as registered in Discord's developer portal: its name, its privileged intents, its commands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.values import Intent

PrivilegedIntent = Literal["message_content", "members", "presences"]
"""The name of a switch for a privileged intent in the developer portal."""

_SWITCHES: dict[PrivilegedIntent, tuple[Intent, int]] = {
    "presences": (Intent.GUILD_PRESENCES, 1 << 13),
    "members": (Intent.GUILD_MEMBERS, 1 << 15),
    "message_content": (Intent.MESSAGE_CONTENT, 1 << 19),
}
"""For each switch of the portal the intent it allows, and the flag (…_LIMITED) that an unverified app has then."""


@dataclass(slots=True)
class Application:
    """The registered application. ``commands`` maps a scope (a guild's id, "" for global) to commands by id."""

    id: str
    name: str
    intents: int = 0
    flags: int = 0
    commands: dict[str, dict[str, JSON]] = field(default_factory=dict[str, dict[str, JSON]])

    def allow(self, switches: Iterable[PrivilegedIntent]) -> None:
        """Set the portal's switches for privileged intents."""
        self.intents, self.flags = 0, 0
        for switch in switches:
            intent, flag = _SWITCHES[switch]
            self.intents |= intent
            self.flags |= flag

    @property
    def reads_content(self) -> bool:
        """Whether the application may read the content of messages that do not concern it."""
        return bool(self.intents & Intent.MESSAGE_CONTENT)

    def wire(self, owner: JSON) -> JSON:
        """Return the application as the REST API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "icon": None,
            "description": "",
            "summary": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": self.flags,
            "approximate_guild_count": 1,
            "interactions_endpoint_url": None,
            "owner": owner,
            "team": None,
            "tags": [],
            "integration_types_config": {"0": {}},
        }
