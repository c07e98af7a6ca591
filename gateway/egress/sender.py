"""The only caller of an adapter's outgoing methods: keeps order, limits and retries for all platforms."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

import structlog

from gateway.adapter import (
    Adapter,
    SupportsAccessFacts,
    SupportsCommands,
    SupportsCompletion,
    SupportsDirectMessages,
    SupportsHistory,
    SupportsNotices,
    SupportsProfiles,
    SupportsReactions,
    SupportsStarters,
    SupportsTitles,
)
from gateway.egress.client import Lookup, PlatformClient
from gateway.egress.degrade import degraded
from gateway.egress.form import MessageForm
from gateway.egress.limiter import Limiter
from gateway.egress.offload import offloaded
from gateway.egress.outgoing import layout, prepared
from gateway.egress.posted import OnReceipts, PostedMessage
from gateway.egress.retry import Doubt, RetryPolicy
from gateway.egress.stream import MessageStream
from gateway.errors import Gone, PlatformError, RateLimited, RefusedForm, SettingsError, Unsupported
from gateway.markdown.split import split
from gateway.model import (
    AccessFacts,
    AllowedMentions,
    Capabilities,
    Command,
    ConversationRef,
    HistoryMessage,
    MessageCreated,
    Outgoing,
    Profile,
    Receipt,
    RemoteFile,
    Starter,
    UserRef,
)
from gateway.ports import Cluster
from gateway.telemetry.observer import Observer

log = structlog.get_logger(__name__)

_STATUS_TIMEOUT = 5.0
"""Seconds that showing the typing indicator may take; it is worth nothing later."""
_COMPLETION_TIMEOUT = 10.0
"""Seconds a turn waits for the missing rest of its message; after that it goes on without."""


class Sender:
    """Sends messages through the adapter of each conversation's platform."""

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        *,
        policy: RetryPolicy | None = None,
        limiter: Limiter | None = None,
        cluster: Cluster | None = None,
        observers: Observer | None = None,
    ) -> None:
        """Make the sender of these adapters.

        Args:
            adapters: The adapters, by the names of their platforms.
            policy: How long and how often calls are retried.
            limiter: What knows the rate limits.
            cluster: The replicas that share the limits. Once this one lost its lease it calls nothing: what would
                raises ``Fenced``.
            observers: They are told of each try of a call.
        """
        self._observers = observers
        self._cluster = cluster
        self._limiter = limiter or Limiter(cluster=cluster)
        self._adapters = adapters
        self._policy = policy or RetryPolicy()
        self._clients: dict[str, PlatformClient] = {}

    def _client(self, platform: str) -> PlatformClient:
        client = self._clients.get(platform)
        if client is None:
            adapter = self._adapters.get(platform)
            if adapter is None:
                raise SettingsError(f"{platform} is not on: set its credentials to reach conversations there")
            client = self._clients[platform] = PlatformClient(
                adapter,
                policy=self._policy,
                limiter=self._limiter,
                cluster=self._cluster,
                observers=self._observers,
            )
        return client

    def capabilities(self, to: ConversationRef) -> Capabilities:
        """Return what the conversation's platform can do."""
        return self._client(to.platform).capabilities

    def can_find_sent(self, to: ConversationRef) -> bool:
        """Whether the platform can be searched for a message that may have been sent before a crash."""
        return self._client(to.platform).can_find_sent

    async def put(
        self,
        to: ConversationRef,
        message: Outgoing,
        *,
        key: str,
        existing: Sequence[Receipt] = (),
        lookup: Lookup | None = None,
        on_receipts: OnReceipts | None = None,
        doubt: Doubt | None = None,
    ) -> tuple[Receipt, ...]:
        """Post a message of any length, or edit what is posted of it, until the platform shows exactly this message.

        Part i edits ``existing[i]`` or is sent under ``{key}.{i}``; surplus existing parts are deleted. Buttons, files
        and feedback go with the last text; those beyond the platform's counts spill into further parts. A part whose
        message is gone is sent anew, as are the parts behind it. ``on_receipts`` gets the receipts of all parts,
        including those not reached yet, whenever they change: a caller that stores them loses none in a crash.
        With ``lookup`` (in a turn that runs again) the platform is searched before anything is sent. ``doubt`` counts
        earlier unconfirmed tries on a platform that cannot be searched.
        A message whose form the platform refuses is made plainer (a picture becomes a link, a table code).
        Raises ``TooLarge``, naming the file and the limit, or the error after which ``RetryPolicy`` gave up.
        """
        client = self._client(to.platform)
        posted = PostedMessage(
            client, to, key=key, existing=existing, lookup=lookup, on_receipts=on_receipts, doubt=doubt
        )
        limits = client.capabilities
        message = degraded(message, limits)
        async with client.locks.hold(to.key):
            message = await prepared(message, limits.file_size_limit)
            await self._post_or_edit(posted, message)
        return posted.receipts

    @staticmethod
    async def _post_or_edit(posted: PostedMessage, message: Outgoing) -> None:
        """Post or edit the parts of the message, in a plainer form where the platform refuses a part."""
        limits, form = posted.client.capabilities, MessageForm(posted.to)
        parts: list[Outgoing] = []
        while True:
            shown = form.message(message)
            size, tables = len(shown.text), limits.tables_per_message
            texts = await offloaded(size, split, shown.text, limits.text_limit, tables=tables)
            parts[:] = layout(shown, limits, texts)
            try:
                await posted.make(lambda: parts, final=True)
                return
            except RefusedForm as error:
                form.refuse(error, message)

    def stream(
        self,
        to: ConversationRef,
        *,
        key: str,
        recipient: UserRef | None,
        author: str | None = None,
        existing: Sequence[Receipt] = (),
        lookup: Lookup | None = None,
        on_receipts: OnReceipts | None = None,
        doubt: Doubt | None = None,
        on_stopped: Callable[[], object] | None = None,
    ) -> MessageStream:
        """Return a message to which text is added over time. ``recipient`` is the user it answers (Slack requires it),
        ``author`` is a name shown instead of the bot's own. ``on_stopped`` is called when the user stops the stream on
        the platform. All other parameters mean what they mean in ``put``."""
        client = self._client(to.platform)
        posted = PostedMessage(
            client, to, key=key, existing=existing, lookup=lookup, on_receipts=on_receipts, doubt=doubt
        )
        return MessageStream(posted, recipient=recipient, author=author, on_stopped=on_stopped)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Edit one platform message and return its receipt. The message must be within the platform's limits. Raises
        ``Gone`` if it does not exist any more."""
        client = self._client(receipt.to.platform)
        return await client.call("edit", receipt.to, lambda: client.adapter.edit(receipt, message))

    async def delete(self, receipts: Sequence[Receipt]) -> None:
        """Delete these messages, the last one first. A message that is gone already is no error."""
        for receipt in reversed(receipts):
            await self._delete(receipt)

    async def _delete(self, receipt: Receipt) -> None:
        client = self._client(receipt.to.platform)
        try:
            await client.call("delete", receipt.to, lambda: client.adapter.delete(receipt))
        except Gone:
            return

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Show that the bot is working, or with None that it no longer is. Failures of the platform are logged and not
        raised, and while a rate limit holds nothing is shown."""
        client = self._client(to.platform)
        route = client.route("status", to)
        if client.fenced or self._limiter.blocked(route):
            return
        try:
            async with asyncio.timeout(_STATUS_TIMEOUT):
                await client.told("status", to, client.adapter.status(to, text))
        except RateLimited as error:
            self._limiter.block(error.bucket, error.retry_after, route)
        except (PlatformError, TimeoutError) as error:
            log.debug("status.failed", conversation=to.key, error=str(error))

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool = True) -> None:
        """Add the bot's reaction to a message, or remove it. Raises ``Unsupported`` where a bot cannot react."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsReactions):
            raise Unsupported(f"{to.platform} takes no reactions from a bot: answer with a short message instead")
        await client.call("react", to, lambda: adapter.react(to, message_id, emoji, added=added))

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Set the title of the conversation. Raises ``Unsupported`` where conversations have no title."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsTitles):
            raise Unsupported(f"{to.platform} conversations have no title: begin a message with a bold line instead")
        await client.call("set_title", to, lambda: adapter.set_title(to, title))

    async def set_commands(self, to: ConversationRef, commands: Sequence[Command]) -> None:
        """Tell the conversation's platform which commands the bot has; nothing where commands are only written."""
        client = self._client(to.platform)
        adapter = client.adapter
        if isinstance(adapter, SupportsCommands):
            await client.call("set_commands", to, lambda: adapter.set_commands(commands))

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> bool:
        """Show prompts the user can pick from, and return whether the platform can show them."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsStarters):
            return False
        await client.call("suggest", to, lambda: adapter.suggest(to, starters))
        return True

    async def notify(self, to: ConversationRef, user: UserRef, text: str) -> None:
        """Show a text to one user only. Where the platform cannot hide it from others, it is an ordinary message that
        mentions the user."""
        client = self._client(to.platform)
        adapter = client.adapter
        if isinstance(adapter, SupportsNotices):
            await client.call("notify", to, lambda: adapter.notify(to, user, text))
            return
        message = Outgoing(text=text, mentions=AllowedMentions(users=(user.id,)))
        await self.put(to, message, key=f"notice:{uuid.uuid4().hex}")

    async def tell_privately(self, to: ConversationRef, user: UserRef, text: str) -> bool:
        """Show a text to one user and to nobody else, and return whether there is a way: beside the conversation, in it
        where it is a direct message, else in one that is opened."""
        client = self._client(to.platform)
        adapter = client.adapter
        if isinstance(adapter, SupportsNotices):
            await client.call("notify", to, lambda: adapter.notify(to, user, text, aloud=False))
            return True
        if to.kind != "dm":
            if not isinstance(adapter, SupportsDirectMessages):
                return False
            to = await self.open_dm(user)
        await self.put(to, Outgoing(text=text), key=f"notice:{uuid.uuid4().hex}")
        return True

    async def access_facts(
        self, user: UserRef, where: ConversationRef, *, groups: Collection[str]
    ) -> AccessFacts | None:
        """Return what the platform tells of a person in a conversation; None where it tells a bot nothing."""
        client = self._client(where.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsAccessFacts):
            return None
        return await client.call("facts_of", where, lambda: adapter.facts_of(user, where, groups=groups))

    async def open_dm(self, user: UserRef) -> ConversationRef:
        """Return the conversation in which the bot writes to a person directly, and open it where that is needed.
        Raises ``Unsupported`` where a bot cannot begin one."""
        client = self._client(user.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsDirectMessages):
            raise Unsupported(f"on {user.platform} a bot cannot begin a conversation: name one it takes part in")
        to = ConversationRef(platform=user.platform, workspace=user.workspace, channel="")
        return await client.call("open_dm", to, lambda: adapter.open_dm(user))

    async def history(self, to: ConversationRef, limit: int) -> Sequence[HistoryMessage]:
        """Return the newest ``limit`` messages of the conversation, oldest first. Raises ``Unsupported`` where a bot
        cannot read the history."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsHistory):
            raise Unsupported(f"{to.platform} lets a bot read no history: keep what you need in the session instead")
        return await client.call("history", to, lambda: adapter.history(to, limit=limit))

    async def complete(self, message: MessageCreated) -> MessageCreated:
        """Return the message with what its delivery lacked, such as files, read from the platform. Never raises a
        ``PlatformError``: a message that cannot be completed is returned as it came."""
        client = self._client(message.ref.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsCompletion):
            return message
        try:
            async with asyncio.timeout(_COMPLETION_TIMEOUT):
                return await client.call("complete", message.ref, lambda: adapter.complete(message))
        except (PlatformError, TimeoutError) as error:
            log.warning("message.incomplete", message=message.message_id, error=str(error) or type(error).__name__)
            return message

    async def profile(self, user: UserRef) -> Profile | None:
        """Return the user's profile on the platform; None where the platform has none for a bot."""
        client = self._client(user.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsProfiles):
            return None
        to = ConversationRef(platform=user.platform, workspace=user.workspace, channel="")
        return await client.call("profile", to, lambda: adapter.profile(user))

    async def download(self, platform: str, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Yield the bytes of a file. Raises ``TooLarge`` after more than ``limit`` bytes. Only the start is retried,
        because the caller may have used what was yielded."""
        client = self._client(platform)
        to = ConversationRef(platform=platform, workspace=file.workspace, channel="")

        async def start() -> tuple[AsyncIterator[bytes], bytes | None]:
            chunks = client.adapter.download(file, limit=limit)
            try:
                return chunks, await anext(chunks)
            except StopAsyncIteration:
                return chunks, None

        chunks, first = await client.call("download", to, start)
        try:
            if first is not None:
                yield first
                async for chunk in chunks:
                    yield chunk
        finally:
            close = getattr(chunks, "aclose", None)
            if close is not None:
                await close()
