"""Where something was said, and to whom an answer goes."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field

from gateway.model.base import Frozen

ConversationKind = Literal["thread", "dm", "group"]


def _quote(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A") if (":" in part or "%" in part) else part


class ConversationRef(Frozen):
    """The unit of ordering and of session: a thread, a DM, a group chat.

    Replies address a ref, never a live vendor context, so they survive restarts and can be proactive.
    Two refs are the same conversation when their keys are equal: ``route`` (where exactly the platform wants
    the reply: a Teams service URL, the Slack thread inside a DM) is not part of the identity.
    """

    platform: str
    workspace: str
    """Slack team, Discord guild, Teams tenant; ``dm`` where the platform has none."""
    channel: str
    thread: str | None = None
    kind: ConversationKind = "thread"
    route: dict[str, str] = Field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """The identity as text: ``slack:T1:C1:171.001``. Colons inside a part are percent-encoded."""
        head = f"{self.platform}:{_quote(self.workspace)}:{_quote(self.channel)}"
        return f"{head}:{_quote(self.thread)}" if self.thread else head

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other parts has another key: what was worked out for this one must not go along."""
        copy = super().model_copy(update=update, deep=deep)
        vars(copy).pop("key", None)
        return copy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConversationRef) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
