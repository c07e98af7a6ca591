"""A broadcast: what is said to whom, and how far that is. It is kept as a document, so that it goes on after a
restart."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Self

from gateway.model import ConversationKind, Document
from gateway.ports.documents import BROADCAST

TARGET = "gateway.broadcast_target"
"""The kind of the documents that name one of the places a broadcast was given; they go when it ends."""

State = Literal["running", "done", "cancelled"]
Result = Literal["sent", "failed", "gone"]
"""What came of a target: it is gone when its person was erased or its conversation deleted after the beginning."""


class Audience(NamedTuple):
    """To whom a broadcast is said: to the places named, else to all known conversations that meet the conditions."""

    platform: str | None = None
    workspace: str | None = None
    kind: ConversationKind | None = None
    active_since: float | None = None
    """Seconds since the epoch."""
    users: Sequence[str] = ()
    """People (``UserRef.key``), each of whom is written to directly."""
    conversations: Sequence[str] = ()
    """Keys of conversations, or ids of their threads."""


@dataclass(slots=True)
class Part:
    """How far a broadcast is on one platform."""

    after: str = ""
    """The last target that is settled: the key of its conversation, or its rank among those that were named."""
    sent: int = 0
    failed: int = 0
    finished: bool = False


@dataclass(slots=True)
class Broadcast:
    """A broadcast."""

    id: str
    text: str
    author: str | None
    at: float
    """When it was asked for, in seconds since the epoch."""
    total: int
    """To how many targets it goes. When it is done, how many there really were."""
    parts: dict[str, Part]
    """By platform."""
    named: bool
    """Whether its targets were named one by one, and are kept as documents."""
    audience: Mapping[str, Any]
    """The fields of ``Audience`` that are conditions."""
    state: State = "running"
    ended_at: float | None = None
    """When it was done or cancelled, in seconds since the epoch."""

    @property
    def sent(self) -> int:
        """To how many targets it was sent."""
        return sum(part.sent for part in self.parts.values())

    @property
    def failed(self) -> int:
        """To how many targets it could not be sent."""
        return sum(part.failed for part in self.parts.values())

    @property
    def pending(self) -> int:
        """How many targets are left; 0 when it has ended."""
        return max(0, self.total - self.sent - self.failed) if self.state == "running" else 0

    def settle(self, platform: str, after: str, result: Result) -> None:
        """Note what came of a target, by its position."""
        part = self.parts[platform]
        part.after = after
        if result == "sent":
            part.sent += 1
        elif result == "failed":
            part.failed += 1

    def finish(self, platform: str) -> None:
        """Note that no target on a platform is left."""
        part = self.parts[platform]
        part.finished = True
        part.after = ""  # which may name a person

    def document(self) -> Document:
        """Return the document that keeps it."""
        return Document(kind=BROADCAST, id=self.id, body=asdict(self))

    @classmethod
    def of(cls, document: Document) -> Self:
        """Return the broadcast that a document keeps."""
        body = dict(document.body)
        body["parts"] = {name: Part(**part) for name, part in body["parts"].items()}
        return cls(**body)
