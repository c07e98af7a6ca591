"""What an adapter is given of the gateway: limits, a vault for files to hand out later, stores for a few durable values
and for documents, and for an adapter that programs talk to the API keys and where turns run."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from starlette.requests import HTTPConnection

from gateway.errors import RequestRefused
from gateway.model import ConversationRef, Document, KeyScope, OutgoingFile


class HeldFile(NamedTuple):
    """A file that the gateway holds for some days."""

    name: str
    mime: str
    size: int
    """Bytes."""
    read: Callable[[], AsyncIterator[bytes]]
    """Begins to read the content, in chunks. Iterating raises ``FileNotFoundError`` when the file was dropped
    meanwhile, and ``OSError`` when the storage fails."""


class FileVault(Protocol):
    """Holds files for platforms that take them later than the message: on the user's consent, or by a link."""

    async def hold(self, file: OutgoingFile, *, key: str, conversation: str = "") -> str:
        """Hold a copy of a file for some days and return its id, which is the same for the same key, name and
        conversation. ``conversation`` (``ConversationRef.key``) is where the file is offered: from elsewhere its id
        opens nothing."""
        ...

    async def find(self, id: str, *, conversation: str = "") -> HeldFile | None:
        """Return the file, if it is held for this conversation. None when it is unknown, was dropped, or belongs to
        another conversation: an id that came back from a client proves nothing by itself."""
        ...

    async def drop(self, id: str) -> None:
        """Remove a file that is not needed any more."""
        ...

    def link(self, id: str, *, seconds: float) -> str | None:
        """Return a signed address from which the file can be downloaded for this many seconds; None when the gateway's
        own address is not known (``GATEWAY_PUBLIC_URL``)."""
        ...


class KeyValueStore(Protocol):
    """A few small values that an adapter stores beyond its process, by name (``discord.session.0``)."""

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Store a value; returns once it is durable."""
        ...

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        """Return the value stored last; None if nothing was stored, or not within 90 days."""
        ...


class BotIdentity(Protocol):
    """Knows which bot the gateway's database belongs to: what is in it means nothing to another one."""

    async def confirm(self, platform: str, id: str, *, name: str = "") -> None:
        """Note that the database belongs to this bot. Raises ``SettingsError``, which the adapter lets through, where
        another bot of the platform is noted.

        Args:
            platform: The platform's name.
            id: Who the bot is at its platform: the same for each of its tokens, another one for every other bot.
            name: The bot's name, for people.
        """
        ...


class Cipher(Protocol):
    """Encrypts small secrets that an adapter keeps in the store, with keys of the operator
    (``GATEWAY_ENCRYPTION_KEYS``)."""

    def encrypt(self, text: str) -> str:
        """Return a text encrypted with the newest key."""
        ...

    def decrypt(self, encrypted: str) -> str:
        """Return what ``encrypt`` was given. Raises ``Undecryptable`` where none of the keys fits, or the text was
        changed."""
        ...

    def is_current(self, encrypted: str) -> bool:
        """Return whether a text was encrypted with the newest key; one that was not is to be encrypted again, so that
        the older key can be given up."""
        ...


class Cluster(Protocol):
    """The replicas of this gateway: the processes that work on the same store now, this one among them."""

    @property
    def shared(self) -> bool:
        """Whether other replicas may work on the store, now or later."""
        ...

    @property
    def replicas(self) -> int:
        """How many replicas are alive and not about to end, as of the last heartbeat; at least 1."""
        ...

    @property
    def fenced(self) -> bool:
        """Whether this replica's lease has ended, so that others may have taken over what it had."""
        ...

    def now(self) -> float:
        """Return the time in seconds since the epoch, by a clock that all replicas share (the database's); that of
        this machine may be wrong."""
        ...

    async def lead(self, part: str, *, lost: Callable[[], None] | None = None) -> bool:
        """Take the part of this name, which one replica has at a time, and return whether this replica has it now. It
        keeps it until it steps down, ends or is fenced. Asked again it says so again; others ask every now and then.

        Args:
            part: What is done once for all replicas; it begins with the platform's name (``discord.shard.0``).
            lost: Called, on the event loop, when this replica is fenced while it has the part: before another one can
                take it, unless this process was frozen.
        """
        ...

    async def step_down(self, part: str) -> None:
        """Let another replica take a part; nothing where this one does not have it."""
        ...

    def tell(self, topic: str, body: Mapping[str, Any]) -> None:
        """Tell all other replicas something, soon and at most once: what must not be lost belongs into a store.

        Args:
            topic: What it is about, for those who listen; it begins with the platform's name.
            body: A JSON object of at most 7,000 bytes; a larger one is not told, and logged.
        """
        ...

    def listen(self, topic: str, hear: Callable[[Mapping[str, Any]], None]) -> None:
        """Have ``hear`` called, on the event loop, with what other replicas tell of a topic."""
        ...


class DocumentStore(Protocol):
    """Stores documents of an adapter that is itself the platform: what others keep at Slack or Discord. Their kinds
    begin with the platform's name (``chatkit.thread``)."""

    async def put_documents(self, documents: Sequence[Document]) -> None:
        """Insert these documents, or replace the bodies of those that are there, in one transaction. A document that is
        replaced keeps its rank, parent, person and conversation."""
        ...

    async def add_document(self, document: Document) -> bool:
        """Insert a document unless there is one of the same kind and id. Returns whether it was inserted."""
        ...

    async def get_document(self, kind: str, id: str) -> Document | None:
        """Return the document, None if there is none."""
        ...

    async def list_documents(
        self,
        kind: str,
        *,
        parent: str | None = None,
        after: int | None = None,
        before: int | None = None,
        newest_first: bool = False,
        limit: int,
    ) -> Sequence[Document]:
        """Return at most ``limit`` documents of a kind by their rank (see ``gateway.ports.Documents``)."""
        ...

    async def delete_documents(self, kind: str, ids: Collection[str]) -> None:
        """Delete documents of a kind. One that is not there is no error."""
        ...

    async def delete_documents_below(self, kind: str, parent: str) -> None:
        """Delete all documents of a kind below a parent."""
        ...


class ApiKey(NamedTuple):
    """The API key that a request brought."""

    id: str
    """The key's id, which is no secret."""
    scopes: frozenset[KeyScope]
    """What it allows; ``write`` has ``read`` beside it, ``admin`` both."""

    def require(self, scope: KeyScope) -> None:
        """Raise ``RequestRefused`` (403) when the key lacks a scope."""
        if scope not in self.scopes:
            raise RequestRefused(403, f"this API key lacks the scope {scope!r}")


class ApiAccess(Protocol):
    """Knows the API keys of this gateway."""

    async def authorize(self, request: HTTPConnection, scope: KeyScope) -> ApiKey:
        """Return the key that a request brings, in the header ``Authorization: Bearer`` or ``x-api-key``.

        Raises ``RequestRefused``: 401 without a key or with a wrong one, 403 when the key lacks the scope, 429 when it
        was used too often.
        """
        ...

    async def note(self, key: ApiKey, action: str, **details: Any) -> None:
        """Write a line on what was done with a key to the audit; every change has one.

        Args:
            key: The key.
            action: What was done, in words with dots (``thread.deleted``).
            details: Ids and counts, never words of people or secrets.
        """
        ...


class IdempotencyKeys(Protocol):
    """Knows the idempotency keys that were used lately. A key counts for the requester that it came with."""

    async def find(self, requester: str, key: str, digest: str) -> str | None:
        """Return what the request with this key made; None where the key was not used yet.

        Args:
            requester: Who asks: the id of an API key, or a person.
            key: The idempotency key.
            digest: What tells the request from others.

        Raises ``RequestRefused``: 400 for a key that is too long or empty, 409 when the key was used for another
        request.
        """
        ...

    def document(self, requester: str, key: str, digest: str, made: str) -> Document:
        """Return the document that notes what the request with this key makes, for whoever stores it together with
        that."""
        ...


class Activity(Protocol):
    """Knows where turns run."""

    async def until_rest(self, conversation: ConversationRef) -> None:
        """Wait until nothing is left to do in a conversation: no delivery waits, and each of its turns has ended or
        waits for an answer. Returns at once where that is so already, and when the gateway ends."""
        ...


class Conversations(Protocol):
    """Deletes what the gateway keeps of conversations, for adapters whose people can delete them."""

    async def forget(self, conversation: ConversationRef) -> None:
        """End the session of a conversation and delete what history keeps of it, with the contents of its files.

        Raises ``RequestRefused`` (409) when a turn of it does not end; nothing was deleted then.
        """
        ...


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What an adapter may know and use of the gateway."""

    max_body_bytes: int = 1_048_576
    """Bytes of the largest webhook body to accept; a larger one is answered 413."""
    max_file_bytes: int = 25_000_000
    """Bytes of the largest file of a person that the gateway takes from an adapter."""
    loopback: bool = False
    """Whether only this machine can reach the gateway."""
    files: FileVault | None = None
    """The vault for files to hand out later; None where the gateway has none."""
    store: KeyValueStore | None = None
    """The store for an adapter's durable values; usable while connected. None where the gateway has none."""
    documents: DocumentStore | None = None
    """The store for documents; usable while connected. None where the gateway has none."""
    access: ApiAccess | None = None
    """The API keys; usable while connected. None where the gateway has none."""
    idempotency: IdempotencyKeys | None = None
    """The idempotency keys; usable while connected. None where the gateway has none."""
    activity: Activity | None = None
    """Where turns run. None where the gateway does not tell."""
    conversations: Conversations | None = None
    """What deletes conversations. None where the gateway has none."""
    cluster: Cluster | None = None
    """The replicas of this gateway; usable while connected. None where there is only this process."""
    identity: BotIdentity | None = None
    """What knows whose database it is; usable while connected. None for a bot that is told from no other, as an
    emulated one."""
    cipher: Cipher | None = None
    """What encrypts secrets that an adapter keeps in the store. None where no key is set."""
    public_url: str | None = None
    """The address at which those who use the bot reach the gateway, for absolute links; None where it is not known."""
