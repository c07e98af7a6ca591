"""The rights of people over what is kept of them: to have it erased, to have it expire, and an account of both."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol


class Traces(NamedTuple):
    """Where something of a person is kept: ids, not the words."""

    own: Sequence[str] = ()
    """Ids of threads and sessions in which nobody else took part."""
    shared: Sequence[str] = ()
    """Ids of threads and sessions in which others took part too."""
    conversations: Mapping[str, bool] = {}
    """The conversations (``ConversationRef.key``) of both, each with whether nobody else took part in it."""
    rows: int = 0
    """How many rows are about the person in other places: the person's own row, settings, deliveries that wait."""

    def __bool__(self) -> bool:
        return bool(self.own or self.shared or self.conversations or self.rows)


class Erased(NamedTuple):
    """What was erased of a person, or expired."""

    threads: int = 0
    """Conversations deleted whole."""
    steps: int = 0
    """Messages and steps, of those and of conversations with others."""
    elements: int = 0
    feedbacks: int = 0

    def plus(self, other: "Erased") -> "Erased":
        """Return the sums of both."""
        return Erased(*(mine + more for mine, more in zip(self, other, strict=True)))


class Expired(NamedTuple):
    """What one batch let expire."""

    erased: Erased
    threads: Sequence[str]
    """Ids of the threads that are gone."""
    object_keys: Sequence[str]
    """Keys of the contents of elements that are gone; the caller deletes them from the blob store."""
    more: bool
    """Whether another batch may find something."""


class AdminRequest(NamedTuple):
    """What an administrator asks of the running gateway."""

    id: int
    kind: str
    argument: str


class AuditLine(NamedTuple):
    """An entry of the audit: when what was done, and how much of it or with which ids."""

    at: str
    """ISO 8601 in UTC."""
    action: str
    subject: str | None
    """Whose data it was about: a keyed hash of the identifier; None where it was about nobody in particular."""
    details: Mapping[str, Any]


class Rights(Protocol):
    """Erases what is kept of a person, and lets expire what nobody used for long."""

    async def traces(self, person: str) -> Traces:
        """Return where something of a person (``UserRef.key``) is kept. It reads whole tables, beside the writes."""
        ...

    async def object_keys(self, person: str, traces: Traces) -> Sequence[str]:
        """Return the keys, in the blob store, of the contents of elements that ``erase`` would delete."""
        ...

    async def erase(self, person: str, traces: Traces, *, before: float) -> Erased:
        """Delete all rows about a person, in batches that let other writes through. Called again after a crash it goes
        on where it was.

        In a conversation with others their words stay; its session loses its values and begins anew. The person's
        deliveries that arrived at ``before`` (epoch seconds) or later are left alone.
        """
        ...

    async def scrub(self, *, rewrite: bool) -> bool:
        """Remove what was deleted from the database's files too: its log, and with ``rewrite`` everything that may be
        left between its rows. Writes wait meanwhile, with ``rewrite`` about a second for each 100 MB.

        Returns False when another process is just reading the log, so that it could not be emptied.
        """
        ...

    async def drop_copies(self, person: str) -> Sequence[str]:
        """Delete the copies of the database, made before it was migrated, that have the person's id in them, and return
        their names."""
        ...

    async def size(self) -> int:
        """Return the bytes that ``scrub`` would have to rewrite."""
        ...

    async def expire(self, *, before: float, limit: int = 500) -> Expired:
        """Delete at most ``limit`` rows of threads that nobody used since ``before`` (epoch seconds), of sessions as
        old, and of what was given up then. A conversation with a delivery that waits is left alone."""
        ...

    async def requests(self, *, limit: int = 10) -> Sequence[AdminRequest]:
        """Return what administrators ask and was not answered, oldest first."""
        ...

    async def answer_request(self, id: int, result: Mapping[str, Any], *, done: bool = True) -> None:
        """Answer a request, or with ``done=False`` say how far it is. What it was about is forgotten when it is
        done."""
        ...

    async def note(self, action: str, subject: str | None, details: Mapping[str, Any]) -> None:
        """Add a line to the audit.

        Args:
            action: What was done: ``exported``, ``erased`` or ``expired``; for what a program did over HTTP a name with
                dots, such as ``thread.deleted``.
            subject: Whose data it was about: a keyed hash of the identifier; None for nobody in particular.
            details: Counts and ids; with ``key`` the id of the API key.
        """
        ...

    async def audit(self, *, subject: str | None = None, limit: int = 1_000) -> Sequence[AuditLine]:
        """Return the newest lines of the audit, oldest first; with ``subject`` only those about it."""
        ...
