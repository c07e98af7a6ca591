"""The settings of the Slack adapter: credentials, addresses and limits, read from the environment."""

from typing import ClassVar, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gateway.settings import PlatformSettings


class SlackSettings(PlatformSettings):
    """Slack's settings: ``SLACK_BOT_TOKEN`` with ``SLACK_SIGNING_SECRET`` (HTTP) or with ``SLACK_APP_TOKEN`` (Socket
    Mode)."""

    model_config = SettingsConfigDict(env_prefix="SLACK_")
    platform: ClassVar[str] = "slack"

    bot_token: SecretStr | None = None
    """The bot token (``xoxb-…``), from the app's page OAuth & Permissions."""
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
    def configured(self) -> bool:
        """Whether the platform is switched on."""
        return self.bot_token is not None and (self.signing_secret is not None or self.app_token is not None)

    @property
    def missing(self) -> str | None:
        """The settings that Slack still needs, as the operator is told; None if all are set."""
        inbound = self.signing_secret is not None or self.app_token is not None
        if self.bot_token is not None and not inbound:
            return "SLACK_BOT_TOKEN needs SLACK_SIGNING_SECRET beside it (or SLACK_APP_TOKEN, for Socket Mode)"
        if inbound and self.bot_token is None:
            return "SLACK_BOT_TOKEN is not set: it is under OAuth & Permissions in the app's settings"
        return None
