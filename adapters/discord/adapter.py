"""The Discord adapter: implements ``gateway.adapter.Adapter`` by its shards, inbound, outbound and extras."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import ClassVar

import structlog
from starlette.routing import Route

from adapters.discord.access import RULE_IDS, People, facts_told
from adapters.discord.api import Api
from adapters.discord.commands import Commands
from adapters.discord.conversations import direct
from adapters.discord.directory import Directory
from adapters.discord.extras import Extras
from adapters.discord.files import Downloads
from adapters.discord.history import History
from adapters.discord.inbound import Inbound
from adapters.discord.intake import Intake
from adapters.discord.interactions import Interactions
from adapters.discord.limits import CAPABILITIES
from adapters.discord.outbound import Outbox
from adapters.discord.pace import IdentifyPace
from adapters.discord.parse import parse
from adapters.discord.recent import RecentMessages
from adapters.discord.settings import DiscordSettings
from adapters.discord.shard import Shard
from adapters.discord.shards import Shards
from adapters.discord.threads import Threads
from adapters.fields import text
from adapters.locks import ClusterLocks
from gateway.adapter import Accept, AdapterContext, Connection, IdForm
from gateway.errors import GatewayError, SettingsError
from gateway.model import (
    AccessFacts,
    Capabilities,
    Command,
    ConversationRef,
    Envelope,
    Event,
    HistoryMessage,
    Outgoing,
    Profile,
    Receipt,
    RemoteFile,
    Starter,
    UserRef,
)

_RETRY = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts to reach Discord when it could not be reached at start; the last one repeats."""
_SETTLING = 3.0
"""Seconds that ``connect`` waits for the first connection: Discord reports a refused intent only then."""

log = structlog.get_logger(__name__)


class DiscordAdapter:
    """Serves Discord over its gateway connection and REST API; needs ``DISCORD_BOT_TOKEN``."""

    name: ClassVar[str] = "discord"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    rule_ids: ClassVar[Mapping[str, IdForm]] = RULE_IDS

    def __init__(self, settings: DiscordSettings, context: AdapterContext) -> None:
        if settings.bot_token is None:
            raise SettingsError("DISCORD_BOT_TOKEN is not set")
        self._settings = settings
        self._api = Api(settings.bot_token.get_secret_value(), settings.api_url, context.cluster)
        self._directory = Directory()
        self._recent = RecentMessages(context.cluster)
        self._cluster = context.cluster
        self._locks = ClusterLocks(context.cluster)
        self._pace = IdentifyPace(self._locks)
        self._threads = Threads(self._api, self._directory)
        self._outbox = Outbox(self._api, self._threads, self._recent)
        self._history = History(self._api, self._threads, self._directory, self._recent)
        self._extras = Extras(self._api, self._threads, self._directory)
        self._people = People(self._api, self._directory)
        self._downloads = Downloads(self._api)
        self._commands = Commands(self._api, self._directory, context.store, context.cluster, self._locks)
        self._interactions = Interactions(self._api, self._directory, self._commands.recall)
        self._inbound = Inbound(
            self._api,
            self._directory,
            self._recent,
            interact=self._interactions.take,
            ready=self._on_ready,
        )
        self._store = context.store
        self._identity = context.identity
        self._intake: Intake | None = None
        self._shards: Shards | None = None
        self._running: asyncio.Task[None] | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._trouble: str | None = "not connected yet"

    @property
    def ignored(self) -> Counter[str]:
        """How many dispatches were ignored, by the name of the rule."""
        return self._inbound.ignored

    def routes(self, accept: Accept) -> Sequence[Route]:
        """Return no routes: everything comes over the gateway connection."""
        return []

    @asynccontextmanager
    async def connect(self, accept: Accept) -> AsyncIterator[None]:
        """Log in and hold the gateway connections. Raises ``SettingsError`` for a token or an intent Discord refuses;
        while Discord cannot be reached the adapter stays up, reports it in ``health`` and keeps trying."""
        # At a lower level discord.py logs all it receives, including the tokens of interactions.
        logging.getLogger("discord").setLevel(logging.WARNING)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._api.open())
            self._intake = intake = Intake(accept)
            self._shards = shards = self._make_shards(intake)
            stack.push_async_callback(self._interactions.close)
            stack.push_async_callback(self._stop_syncing)
            stack.push_async_callback(self._let_go, intake)
            self._commands.listen()
            self._recent.listen()
            await self._commands.recall()
            online = await self._login()
            self._running = asyncio.create_task(self._run(online))
            if online:
                await _settle(shards)
            yield
        self._trouble = "not connected"

    def _make_shards(self, intake: Intake) -> Shards:
        def equip(shard: Shard) -> None:
            shard.listen(self._inbound.parsers(intake, shard.mark), intake)

        return Shards(self._api, self._settings, self._pace, self._directory, self._cluster, self._store, equip=equip)

    async def hand_over(self) -> None:
        """Let other replicas go on with the shards: their connections end, everything that was read is stored, and how
        far that is as well."""
        if self._intake is not None:
            await self._let_go(self._intake)

    async def _let_go(self, intake: Intake) -> None:
        if self._running is not None:
            await _cancel(self._running)
        await self._inbound.close()
        if self._cluster is not None and self._cluster.shared:
            await intake.finish()
        await intake.close()
        if self._shards is not None:
            await self._shards.keep()
        await self._pace.close()
        if self._shards is not None:
            await self._shards.let_go()

    async def _login(self) -> bool:
        try:
            me = await self._api.login()
            if self._identity is not None:
                await self._identity.confirm(self.name, text(me, "id"), name=text(me, "username"))
        except SettingsError:
            raise
        except GatewayError as error:
            self._trouble = f"Discord cannot be reached: {error}"
            log.warning("discord.unreachable", error=str(error))
            return False
        self._directory.me = text(me, "id")
        self._trouble = None
        return True

    async def _run(self, online: bool) -> None:
        attempt = 0
        while not online:
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1
            try:
                online = await self._login()
            except SettingsError as error:
                self._trouble = str(error)
                log.error("discord.settings", error=str(error))
                return
        if self._shards is not None:
            await self._shards.run()

    def _on_ready(self) -> None:
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._commands.register())

    async def _stop_syncing(self) -> None:
        await self._commands.close()
        if self._syncing is not None:
            await _cancel(self._syncing)

    def health(self) -> str | None:
        """Return None while Discord can be reached and deliveries are being stored, else a line that says what is
        wrong. Nothing is while other replicas hold the gateway connections."""
        if self._trouble is not None:
            return self._trouble
        if self._shards is not None and self._shards.trouble is not None:
            return self._shards.trouble
        return self._intake.trouble if self._intake is not None else None

    def connections(self) -> Sequence[Connection]:
        """Return the connections of the shards that this replica has."""
        held = [] if self._shards is None else [keeper.connection for keeper in self._shards.keepers]
        return [connection for connection in held if connection is not None]

    def parse(self, envelope: Envelope) -> Event | None:
        """Return the event in a delivery. None, with a line in the log, for a delivery that cannot be read: an
        exception would block everything behind it."""
        try:
            return parse(envelope)
        except Exception:
            log.exception("discord.parse_failed", delivery=envelope.key)
            return None

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message with the key as an enforced nonce; the first message of a conversation opens its thread."""
        return await self._outbox.send(to, message, key=key)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Edit a message; afterwards it has exactly the given files."""
        return await self._outbox.edit(receipt, message)

    async def delete(self, receipt: Receipt) -> None:
        """Delete a message; one that is gone already is no error."""
        await self._outbox.delete(receipt)

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Show Discord's typing indicator; the text is not shown."""
        await self._extras.status(to, text)

    def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return the bytes of a file that Discord itself keeps; other hosts are refused."""
        return self._downloads.download(file, limit=limit)

    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """Find the message sent under ``key``: by its nonce while Discord's echo of it is known, else by its
        content."""
        return await self._history.find(to, message, key=key, since=since, claimed=claimed)

    async def history(self, to: ConversationRef, *, limit: int) -> Sequence[HistoryMessage]:
        """Return the newest messages, oldest first, beginning with the message the thread was opened from."""
        return await self._history.history(to, limit=limit)

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        """Add or remove the bot's reaction; ``emoji`` is the emoji itself, a common name (``thumbsup``), or ``name:id``
        of a server's own."""
        await self._extras.react(to, message_id, emoji, added=added)

    async def open_dm(self, user: UserRef) -> ConversationRef:
        """Return the direct messages with a person. Whether they take any shows when one is sent."""
        return direct(await self._extras.open_dm(user.id))

    async def profile(self, user: UserRef) -> Profile:
        """Return the name and picture of a user; Discord gives a bot no e-mail address."""
        return await self._extras.profile(user)

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Rename the conversation's thread; a conversation without a thread keeps its name."""
        await self._extras.set_title(to, title)

    async def set_commands(self, commands: Sequence[Command]) -> None:
        """Register the commands of handlers, beside the gateway's own."""
        await self._commands.replace(commands)

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        """Post a message with a button for each prompt."""
        await self._extras.suggest(to, starters)

    def facts_told(self, envelope: Envelope) -> AccessFacts:
        """Return what the delivery tells of the person: their roles in the server, and the channel of a thread."""
        return facts_told(envelope, self._directory)

    async def facts_of(self, user: UserRef, where: ConversationRef, *, groups: Collection[str]) -> AccessFacts:
        """Return which of these roles a person has, in whichever of the bot's servers they are."""
        return await self._people.facts_of(user, where, groups)

    async def notify(self, to: ConversationRef, user: UserRef, text: str, *, aloud: bool = True) -> None:
        """Send an ephemeral message while the user's interaction can still be answered, else a direct message."""
        await self._extras.notify(to, user, text, aloud=aloud)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _settle(shards: Shards) -> None:
    """Wait until the first connection is up or has failed for good, at most ``_SETTLING`` seconds."""
    try:
        async with asyncio.timeout(_SETTLING):
            await shards.planned.wait()
            first = shards.keepers[0]
            await first.settled.wait()
    except TimeoutError:
        return
    if first.shard is not None and first.shard.fatal is not None and not first.too_few:
        raise SettingsError(first.shard.fatal)
