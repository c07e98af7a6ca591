"""The table ``[limits]``: how much one person and one workspace may ask of the bot."""

from pydantic import BaseModel, ConfigDict, Field

MOST = 1_000_000
"""The largest bound that can be set; a larger one is none."""


class Rates(BaseModel):
    """How many messages may come; 0 for no bound."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    messages_per_minute: int = Field(default=0, ge=0, le=MOST)
    """Messages, commands, clicks and whatever else is handled, in a minute."""
    messages_per_hour: int = Field(default=0, ge=0, le=MOST)
    """The same in an hour."""

    @property
    def is_open(self) -> bool:
        """Whether there is no bound."""
        return not (self.messages_per_minute or self.messages_per_hour)


class LimitsTable(BaseModel):
    """How much one person and one workspace may ask of the bot. Without an entry there is no bound."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    person: Rates = Rates()
    """The bounds of each person."""
    workspace: Rates = Rates()
    """The bounds of each workspace, all its people together."""

    @property
    def is_open(self) -> bool:
        """Whether there is no bound."""
        return self.person.is_open and self.workspace.is_open
