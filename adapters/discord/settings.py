"""The settings of the Discord adapter: credentials, addresses and limits, read from the environment."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gateway.settings import PlatformSettings


class DiscordSettings(PlatformSettings):
    """Discord's settings, from variables that begin with ``DISCORD_``; only ``DISCORD_BOT_TOKEN`` has to be set."""

    model_config = SettingsConfigDict(env_prefix="DISCORD_")
    platform: ClassVar[str] = "discord"

    bot_token: SecretStr | None = None
    """The bot's token, from the application's page Bot in the Developer Portal."""
    api_url: str = "https://discord.com/api/v10"
    """The address of the REST API."""
    gateway_url: str = "wss://gateway.discord.gg/"
    """The address of the gateway."""
    shards: Annotated[int, Field(ge=1, le=1_000)] | Literal["auto"] = 1
    """Number of gateway connections. Discord wants more than one from 2,500 servers on; ``auto`` asks Discord how
    many."""

    @property
    def configured(self) -> bool:
        """Whether the platform is switched on."""
        return self.bot_token is not None

    @property
    def missing(self) -> str | None:
        """The settings that Discord still needs, as the operator is told; None if all are set."""
        return None
