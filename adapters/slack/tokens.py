"""Where the token of a call comes from: the settings, or the installation of a workspace."""

from typing import Protocol


class TokenSource(Protocol):
    """The bot token of one installation of the app, which may be replaced by a newer one at any time."""

    @property
    def id(self) -> str:
        """The id of the installation, for which Slack counts calls apart; empty for the token of the settings."""
        ...

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the token; None while they are not known."""
        ...

    @property
    def fix(self) -> str:
        """What has to be done about a token that Slack refuses for good."""
        ...

    async def current(self) -> str:
        """Return the token to call with. Raises ``Forbidden`` where there is none, ``Unavailable`` where it cannot be
        had now."""
        ...

    async def renewed(self, refused: str, code: str) -> bool:
        """Return whether there is another token to try, now that Slack has refused this one with an error code."""
        ...


class FixedToken:
    """A token that stays the same: that of the settings, or a new one that is looked at before it is stored."""

    id = ""
    fix = "SLACK_BOT_TOKEN must be replaced"

    def __init__(self, token: str) -> None:
        self._token = token

    @property
    def scopes(self) -> frozenset[str] | None:
        """None: Slack tells the scopes of such a token with auth.test."""
        return None

    async def current(self) -> str:
        """Return the bot token, which is always the same one."""
        return self._token

    async def renewed(self, refused: str, code: str) -> bool:
        """Return False: there is no other token."""
        return False
