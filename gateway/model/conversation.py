"""Where something was said, and to whom an answer goes."""

from dataclasses import dataclass, field
from typing import Literal

ConversationKind = Literal["thread", "dm", "group"]


def _quote(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A") if (":" in part or "%" in part) else part


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConversationRef:
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
    route: dict[str, str] = field(default_factory=dict[str, str])

    key: str = field(init=False, repr=False)
    """The identity as text: ``slack:T1:C1:171.001``. Colons inside a part are percent-encoded."""

    def __post_init__(self) -> None:
        # Worked out once: everything that concerns a conversation is found by it.
        head = f"{self.platform}:{_quote(self.workspace)}:{_quote(self.channel)}"
        object.__setattr__(self, "key", f"{head}:{_quote(self.thread)}" if self.thread else head)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConversationRef) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
