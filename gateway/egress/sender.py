"""The only caller of an adapter's outgoing methods: order, limits, retries and degrading live here, once."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import structlog

from gateway.adapter import (
    Adapter,
    SupportsCompletion,
    SupportsHistory,
    SupportsNotices,
    SupportsProfiles,
    SupportsReactions,
    SupportsStarters,
    SupportsTitles,
)
from gateway.egress.client import Lookup, PlatformClient
from gateway.egress.degrade import degraded
from gateway.egress.form import Form
from gateway.egress.limiter import Limiter
from gateway.egress.offload import offloaded
from gateway.egress.outgoing import layout, prepared
from gateway.egress.posted import OnReceipts, PostedMessage
from gateway.egress.retry import Doubt, RetryPolicy
from gateway.egress.stream import MessageStream
from gateway.errors import Gone, PlatformError, RateLimited, RefusedForm, SettingsError, Unsupported
from gateway.markdown.split import split
from gateway.model import (
    AllowedMentions,
    Capabilities,
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

log = structlog.get_logger(__name__)

_STATUS_TIMEOUT = 5.0
"""Seconds a sign of work may take: it is worth nothing later."""
_COMPLETION_TIMEOUT = 10.0
"""Seconds a turn waits for the rest of its message; after that it goes on with what there is."""


class Sender:
    """Sends through the adapters, by platform name."""

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        *,
        policy: RetryPolicy | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        self._limiter = limiter or Limiter()
        self._adapters = adapters
        self._policy = policy or RetryPolicy()
        self._clients: dict[str, PlatformClient] = {}

    def _client(self, platform: str) -> PlatformClient:
        client = self._clients.get(platform)
        if client is None:
            adapter = self._adapters.get(platform)
            if adapter is None:
                raise SettingsError(f"{platform} is not on: set its credentials to reach conversations there")
            client = self._clients[platform] = PlatformClient(adapter, policy=self._policy, limiter=self._limiter)
        return client

    def capabilities(self, to: ConversationRef) -> Capabilities:
        """What the conversation's platform can do."""
        return self._client(to.platform).capabilities

    def can_find_sent(self, to: ConversationRef) -> bool:
        """Whether the platform can be asked what a crash left there."""
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
        """Make a message of any length stand in the conversation, and nothing else of it.

        Part i edits ``existing[i]`` or is sent under ``{key}.{i}``; surplus existing parts are deleted. Buttons, files
        and feedback go with the last text; those beyond the platform's counts spill into further parts. A part whose
        message is gone is sent anew (and so are those behind it). ``on_receipts`` gets all receipts, those of parts
        not reached yet included, whenever they change: store them, and a crash loses none.
        With ``lookup`` (a turn that runs again) the platform is asked before anything is sent. ``doubt`` is what is
        known of earlier tries where it cannot be asked.
        A form the platform refuses is made plainer (a picture a link, a table code), so that the words arrive.
        Raises ``TooLarge`` naming the file and the limit, or what ``RetryPolicy`` gave up on.
        """
        client = self._client(to.platform)
        posted = PostedMessage(
            client, to, key=key, existing=existing, lookup=lookup, on_receipts=on_receipts, doubt=doubt
        )
        limits = client.capabilities
        message = degraded(message, limits)
        async with client.locks.hold(to.key):
            message = await prepared(message, limits.file_size_limit)
            await self._stand(posted, message)
        return posted.receipts

    @staticmethod
    async def _stand(posted: PostedMessage, message: Outgoing) -> None:
        """Make the message stand, in a plainer form where the platform refuses the form it has."""
        limits, form = posted.client.capabilities, Form(posted.to)
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
        """A message that grows. ``recipient`` is whom it answers (Slack wants to know), ``author`` another name
        than the bot's own; ``on_stopped`` is called when
        the user stops it on the platform. The rest is as for ``put``."""
        client = self._client(to.platform)
        posted = PostedMessage(
            client, to, key=key, existing=existing, lookup=lookup, on_receipts=on_receipts, doubt=doubt
        )
        return MessageStream(posted, recipient=recipient, author=author, on_stopped=on_stopped)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make one platform message read as given, which must be within its limits. May raise ``Gone``."""
        client = self._client(receipt.to.platform)
        return await client.call("edit", receipt.to, lambda: client.adapter.edit(receipt, message))

    async def delete(self, receipts: Sequence[Receipt]) -> None:
        """Remove these messages, the last one first; what is gone already is fine."""
        for receipt in reversed(receipts):
            await self._delete(receipt)

    async def _delete(self, receipt: Receipt) -> None:
        client = self._client(receipt.to.platform)
        try:
            await client.call("delete", receipt.to, lambda: client.adapter.delete(receipt))
        except Gone:
            return

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Show that the bot is working, or that it no longer is. Best effort: never raises a ``PlatformError``, never
        waits for a rate limit."""
        client = self._client(to.platform)
        route = client.route("status", to)
        if self._limiter.blocked(route):
            return
        try:
            async with asyncio.timeout(_STATUS_TIMEOUT):
                await client.adapter.status(to, text)
        except RateLimited as error:
            self._limiter.block(error.bucket, error.retry_after, route)
        except (PlatformError, TimeoutError) as error:
            log.debug("status.failed", conversation=to.key, error=str(error))

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool = True) -> None:
        """Put the bot's reaction on a message, or take it off."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsReactions):
            raise Unsupported(f"{to.platform} takes no reactions from a bot: answer with a short message instead")
        await client.call("react", to, lambda: adapter.react(to, message_id, emoji, added=added))

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Name the conversation."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsTitles):
            raise Unsupported(f"{to.platform} conversations have no title: begin a message with a bold line instead")
        await client.call("set_title", to, lambda: adapter.set_title(to, title))

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> bool:
        """Show prompts the user can pick; False where the platform cannot."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsStarters):
            return False
        await client.call("suggest", to, lambda: adapter.suggest(to, starters))
        return True

    async def notify(self, to: ConversationRef, user: UserRef, text: str) -> None:
        """Tell one user; where the platform cannot hide it from the others, by an ordinary message to them."""
        client = self._client(to.platform)
        adapter = client.adapter
        if isinstance(adapter, SupportsNotices):
            await client.call("notify", to, lambda: adapter.notify(to, user, text))
            return
        message = Outgoing(text=text, mentions=AllowedMentions(users=(user.id,)))
        await self.put(to, message, key=f"notice:{uuid.uuid4().hex}")

    async def history(self, to: ConversationRef, limit: int) -> Sequence[HistoryMessage]:
        """The newest messages of the conversation, oldest first."""
        client = self._client(to.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsHistory):
            raise Unsupported(f"{to.platform} lets a bot read no history: keep what you need in the session instead")
        return await client.call("history", to, lambda: adapter.history(to, limit=limit))

    async def complete(self, message: MessageCreated) -> MessageCreated:
        """The message with what its delivery lacked, as far as the platform tells it. Never raises a
        ``PlatformError``: a message that cannot be completed is handled as it came."""
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
        """What the platform tells about the user; None where it tells nothing."""
        client = self._client(user.platform)
        adapter = client.adapter
        if not isinstance(adapter, SupportsProfiles):
            return None
        to = ConversationRef(platform=user.platform, workspace=user.workspace, channel="")
        return await client.call("profile", to, lambda: adapter.profile(user))

    async def download(self, platform: str, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """The file's bytes; more than ``limit`` raises ``TooLarge``. Only the start is retried: what a caller has
        taken cannot be taken back."""
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
