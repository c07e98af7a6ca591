"""The settings of the ChatKit adapter, read from the environment."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gateway.settings import PlatformSettings


class ChatKitSettings(PlatformSettings):
    """ChatKit's settings. It needs no credentials of its own: it is on where the gateway has an API key."""

    model_config = SettingsConfigDict(env_prefix="CHATKIT_")
    platform: ClassVar[str] = "chatkit"

    enabled: bool = True
    """Whether the bot can be talked to by the ChatKit protocol, where the gateway has an API key."""
    stop_on_disconnect: bool = False
    """Whether a turn is stopped when the client that reads its answer goes away. By default it goes on, and the client
    finds the answer in the thread."""

    streams_per_user: int = Field(default=50, ge=1)
    """Number of streams that the clients of one user may have open at the same time; more are answered 429."""

    @property
    def configured(self) -> bool:
        """Whether ChatKit is on."""
        return self.enabled

    @property
    def missing(self) -> str | None:
        """None: ChatKit needs no credentials."""
        return None
