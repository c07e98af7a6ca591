"""Handles a user's answer to a consent card: uploads the held file to the address Teams names, and shows it (docs
bots/how-to/bots-filesv4).

The invoke is answered when the upload is done: a failure is then shown to the user, who can press the button again, and
the file stays held. An upload that takes longer than Teams waits continues after the answer, and if it fails the card
is posted anew. Once the bytes are uploaded the answer is yes, whatever becomes of the messages that follow, which are
retried with patience.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import aiohttp
import structlog

from adapters.fields import Json, obj, text
from adapters.locks import ClusterLocks
from adapters.teams.card import escaped
from adapters.teams.hosts import of_onedrive
from adapters.teams.limits import FRAGMENT, INVOKE_SECONDS
from adapters.teams.names import FILE, HELD
from adapters.teams.outbound import addressed
from adapters.teams.patience import patiently
from adapters.teams.sharing import asked, consent
from adapters.teams.transport import Transport, in_pieces
from gateway.adapter import FileVault, HeldFile, KeyValueStore
from gateway.errors import Gone, PlatformError, Rejected, Unavailable
from gateway.model import ConversationRef

_TRANSFER = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
_KEPT = 1_000

log = structlog.get_logger(__name__)


_Answer = tuple[str, str]
"""A held file's id, and who answered where (``asked``)."""


class Consents:
    """Handles answers to consent cards, one at a time for each card: a second answer that comes meanwhile, to whichever
    replica, waits for the first one's result."""

    def __init__(
        self, transport: Transport, held: FileVault | None, store: KeyValueStore | None, locks: ClusterLocks
    ) -> None:
        self._transport = transport
        self._held = held
        self._store = store
        self._locks = locks
        self._running: dict[_Answer, asyncio.Task[None]] = {}
        self._again: set[asyncio.Task[None]] = set()
        self._done: OrderedDict[_Answer, None] = OrderedDict()
        """The last answers that were carried out here; the store has those of all replicas. A repeated one has nothing
        to do."""

    async def answer(self, activity: Json, ref: ConversationRef) -> bool:
        """Handle an answer and return whether it worked, which decides the status of the invoke."""
        value = obj(activity, "value")
        held_id, action = text(obj(value, "context"), HELD), text(value, "action")
        this = (held_id, asked(ref))
        if not held_id or self._held is None or this in self._done or action not in ("accept", "decline"):
            return True  # not one of our cards, or done: nothing to do, nothing to complain about
        running = self._running.get(this)
        if running is None:
            carry_out = self._accept if action == "accept" else self._decline
            work = partial(carry_out, value, ref, this, text(activity, "replyToId"))
            running = self._running[this] = asyncio.get_running_loop().create_task(self._once(this, work))
            running.add_done_callback(lambda _: self._running.pop(this, None))
        done, _ = await asyncio.wait({running}, timeout=INVOKE_SECONDS)
        if not done:
            running.add_done_callback(lambda task: self._late(task, ref, held_id))
            return True
        if running.cancelled():
            return False  # the gateway goes down: the file stays held, the button works again
        error = running.exception()
        if error is not None:
            log.warning("teams.file_not_given", error=str(error)[:300])
        return error is None

    async def _once(self, this: _Answer, work: Callable[[], Awaitable[None]]) -> None:
        """Carry an answer out, unless it was. One that another replica is carrying out is waited for."""
        name = _name(this)
        async with self._locks.hold(name):
            if self._store is None or await self._store.recall(name) is None:
                await work()

    async def aclose(self) -> None:
        """Cancel what is running: the files stay held, their cards stay open."""
        tasks = [*self._running.values(), *self._again]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _late(self, task: asyncio.Task[None], ref: ConversationRef, held_id: str) -> None:
        if task.cancelled() or task.exception() is None:
            return
        log.warning("teams.file_not_given", error=str(task.exception())[:300])
        again = asyncio.get_running_loop().create_task(self._offer_again(ref, held_id))
        self._again.add(again)
        again.add_done_callback(self._again.discard)

    async def _offer_again(self, ref: ConversationRef, held_id: str) -> None:
        file = await self._find(held_id, ref)
        if file is not None:
            offer = addressed(ref, consent(file.name, held_id, size=file.size))
            await self._told("teams_file_not_offered", lambda: self._transport.send(ref, offer))

    async def _find(self, held_id: str, ref: ConversationRef) -> HeldFile | None:
        """Return the file, if it is held for the person who answers here; a file offered where the person was not known
        belongs to the conversation."""
        assert self._held is not None
        file = await self._held.find(held_id, conversation=asked(ref))
        return file if file is not None else await self._held.find(held_id, conversation=ref.key)

    async def _accept(self, value: Json, ref: ConversationRef, this: _Answer, card: str) -> None:
        info = obj(value, "uploadInfo")
        file = await self._find(this[0], ref)
        if file is None:
            await self._replace(ref, card, "That file is no longer kept here: ask for it again.")
            return
        await self._upload(file, text(info, "uploadUrl"))
        content = {"uniqueId": text(info, "uniqueId"), "fileType": text(info, "fileType")}
        shown = {
            "contentType": FILE,
            "contentUrl": text(info, "contentUrl"),
            "name": text(info, "name") or file.name,
            "content": content,
        }
        made = addressed(ref, {"type": "message", "attachments": [shown]})
        if await self._told("teams_file_not_shown", lambda: self._transport.send(ref, made)):
            await self._told("teams_consent_card_stays", lambda: self._transport.delete(ref, card))
        await self._settle(this)

    async def _decline(self, value: Json, ref: ConversationRef, this: _Answer, card: str) -> None:
        file = await self._find(this[0], ref)
        if file is not None:
            await self._replace(ref, card, f"{escaped(file.name)}: declined.")
            await self._settle(this)

    async def _settle(self, this: _Answer) -> None:
        assert self._held is not None
        if self._store is not None:
            await self._store.keep(_name(this), {"done": True})
        self._done[this] = None
        if len(self._done) > _KEPT:
            self._done.popitem(last=False)
        await self._held.drop(this[0])

    async def _replace(self, ref: ConversationRef, card: str, note: str) -> None:
        made = addressed(ref, {"type": "message", "textFormat": "markdown", "text": note, "id": card})

        async def put() -> None:
            try:
                await self._transport.update(ref, card, made)
            except Gone:
                await self._transport.send(ref, {name: each for name, each in made.items() if name != "id"})

        await self._told("teams_consent_not_noted", put)

    async def _told(self, what: str, call: Callable[[], Awaitable[object]]) -> bool:
        """Send a message about something already done and return whether it arrived; a failure is logged under the name
        ``what``."""
        try:
            await patiently(call)
        except PlatformError as error:
            log.warning(what, error=str(error)[:300])
            return False
        return True

    async def _upload(self, file: HeldFile, url: str) -> None:
        """Upload the file by PUT, in fragments. No token is sent: the address itself is the permission."""
        if not of_onedrive(url, local=self._transport.local):
            raise Rejected("the upload address is none of OneDrive's")
        sent = 0
        async for fragment in _fragments(file.read()):
            headers = {"Content-Type": "application/octet-stream"}
            if file.size:
                headers["Content-Range"] = f"bytes {sent}-{sent + len(fragment) - 1}/{file.size}"
            try:
                async with self._transport.session.put(
                    url, data=in_pieces(fragment), headers=headers, timeout=_TRANSFER, allow_redirects=False
                ) as response:
                    status = response.status
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Unavailable(f"upload of {file.name!r}: {type(error).__name__}") from error
            if status >= 300:
                raise Unavailable(f"upload of {file.name!r}: HTTP {status}")
            sent += len(fragment)


def _name(this: _Answer) -> str:
    """Return the name of the lock for an answer, under which it is also stored that it was carried out."""
    return f"teams.consent.{hashlib.sha256(' '.join(this).encode()).hexdigest()[:32]}"


async def _fragments(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the content in fragments of ``FRAGMENT`` bytes, the last one shorter; one empty fragment for an empty
    file."""
    fragment = bytearray()
    sent = False
    async for chunk in chunks:
        fragment += chunk
        while len(fragment) >= FRAGMENT:
            yield bytes(fragment[:FRAGMENT])
            del fragment[:FRAGMENT]
            sent = True
    if fragment or not sent:
        yield bytes(fragment)
