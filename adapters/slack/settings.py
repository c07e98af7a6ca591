"""Slack's settings block."""

from typing import ClassVar, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gateway.settings import PlatformSettings


class SlackSettings(PlatformSettings):
    """``SLACK_BOT_TOKEN`` with ``SLACK_SIGNING_SECRET`` (HTTP) or with ``SLACK_APP_TOKEN`` (Socket Mode)."""

    model_config = SettingsConfigDict(env_prefix="SLACK_")
    platform: ClassVar[str] = "slack"

    bot_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    app_token: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("SLACK_APP_TOKEN", "SLACK_WEBSOCKET_TOKEN")
    )
    api_url: str = "https://slack.com/api/"
    dm_session: Literal["dm", "thread"] = "dm"
    """``dm``: a direct message is one conversation, however its messages are threaded. ``thread``: one per thread."""

    @property
    def configured(self) -> bool:
        return self.bot_token is not None and (self.signing_secret is not None or self.app_token is not None)

    @property
    def missing(self) -> str | None:
        inbound = self.signing_secret is not None or self.app_token is not None
        if self.bot_token is not None and not inbound:
            return "SLACK_BOT_TOKEN needs SLACK_SIGNING_SECRET beside it (or SLACK_APP_TOKEN, for Socket Mode)"
        if inbound and self.bot_token is None:
            return "SLACK_BOT_TOKEN is not set: it is under OAuth & Permissions in the app's settings"
        return None
