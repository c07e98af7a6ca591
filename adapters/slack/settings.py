"""The settings of the Slack adapter: credentials, addresses and limits, read from the environment."""

from typing import ClassVar, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gateway.settings import PlatformSettings


class SlackSettings(PlatformSettings):
    """Slack's settings: ``SLACK_BOT_TOKEN`` (one workspace) or ``SLACK_CLIENT_ID`` and ``SLACK_CLIENT_SECRET`` (many),
    with ``SLACK_SIGNING_SECRET`` (HTTP) or with ``SLACK_APP_TOKEN`` (Socket Mode)."""

    model_config = SettingsConfigDict(env_prefix="SLACK_")
    platform: ClassVar[str] = "slack"

    bot_token: SecretStr | None = None
    """The bot token (``xoxb-…``), from the app's page OAuth & Permissions."""
    client_id: str | None = None
    """The app's client id, from the app's page Basic Information: with it people install the app in their workspaces
    themselves, at ``/slack/install``."""
    client_secret: SecretStr | None = None
    """The client secret, from the same page; needed with ``client_id``."""
    signing_secret: SecretStr | None = None
    """The signing secret, from the app's page Basic Information; needed for HTTP."""
    app_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("SLACK_APP_TOKEN", "SLACK_WEBSOCKET_TOKEN")
    )
    """The app-level token (``xapp-…``); needed for Socket Mode."""
    api_url: str = "https://slack.com/api/"
    """The address of the Web API, with a slash at the end."""
    dm_session: Literal["dm", "thread"] = "dm"
    """``dm``: direct messages are one conversation, however they are threaded. ``thread``: each thread is one."""

    @property
    def _inbound(self) -> bool:
        return self.signing_secret is not None or self.app_token is not None

    @property
    def _installable(self) -> bool:
        return self.client_id is not None and self.client_secret is not None

    @property
    def configured(self) -> bool:
        """Whether the platform is switched on."""
        return self._inbound and (self.bot_token is not None or self._installable)

    @property
    def missing(self) -> str | None:
        """The settings that Slack still needs, as the operator is told; None if all are set."""
        if (self.client_id is None) != (self.client_secret is None):
            given, other = ("ID", "SECRET") if self.client_secret is None else ("SECRET", "ID")
            return f"SLACK_CLIENT_{given} needs SLACK_CLIENT_{other} beside it: both are under Basic Information"
        known = "SLACK_BOT_TOKEN" if self.bot_token is not None else "SLACK_CLIENT_ID" if self._installable else None
        if known is not None and not self._inbound:
            return f"{known} needs SLACK_SIGNING_SECRET beside it (or SLACK_APP_TOKEN, for Socket Mode)"
        if self._inbound and known is None:
            return (
                "SLACK_BOT_TOKEN is not set: it is under OAuth & Permissions in the app's settings (or set "
                "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, for many workspaces)"
            )
        return None
