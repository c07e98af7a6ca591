"""Conversations: where something was said, and where an answer goes."""

from dataclasses import dataclass, field
from typing import Literal

ConversationKind = Literal["thread", "dm", "group"]


def quoted(part: str) -> str:
    """Return a part of a conversation's key as the key has it: with its colons percent-encoded."""
    return part.replace("%", "%25").replace(":", "%3A") if (":" in part or "%" in part) else part


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConversationRef:
    """A conversation: a thread, a direct message or a group chat. Each has one session and handles its events in order.

    Replies are addressed to a ref and never to a vendor's live object, so they survive restarts and can be proactive.
    Two refs with equal keys are the same conversation: ``route`` (where exactly the platform wants the reply, such as a
    Teams service URL or the Slack thread inside a direct message) is not part of the identity.
    """

    platform: str
    workspace: str
    """The Slack team, Discord guild or Teams tenant; ``dm`` where the platform has none."""
    channel: str
    """The platform's id of the channel or chat."""
    thread: str | None = None
    """The platform's id of the thread; None for a conversation that is a whole channel or chat."""
    kind: ConversationKind = "thread"
    route: dict[str, str] = field(default_factory=dict[str, str])
    """The adapter's own data on where to post. Of what people wrote it may have ``title``, the name of a thread that is
    still to be made, and nothing else: that one is emptied when a person is erased."""

    key: str = field(init=False, repr=False)
    """The identity as text: ``slack:T1:C1:171.001``. Colons inside a part are percent-encoded."""

    def __post_init__(self) -> None:
        # Worked out once: everything that concerns a conversation is found by it.
        head = f"{self.platform}:{quoted(self.workspace)}:{quoted(self.channel)}"
        object.__setattr__(self, "key", f"{head}:{quoted(self.thread)}" if self.thread else head)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConversationRef) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)
