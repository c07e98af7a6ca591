"""Discord's settings block."""

from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gateway.settings import PlatformSettings


class DiscordSettings(PlatformSettings):
    """``DISCORD_BOT_TOKEN`` is all there is to set."""

    model_config = SettingsConfigDict(env_prefix="DISCORD_")
    platform: ClassVar[str] = "discord"

    bot_token: SecretStr | None = None
    api_url: str = "https://discord.com/api/v10"
    gateway_url: str = "wss://gateway.discord.gg/"
    shards: int = Field(default=1, ge=1, le=1_000)
    """Gateway connections. Discord wants more than one from 2,500 servers on."""

    @property
    def configured(self) -> bool:
        return self.bot_token is not None

    @property
    def missing(self) -> str | None:
        return None
