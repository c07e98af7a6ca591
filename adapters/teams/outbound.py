"""Messages out: send, edit, delete. A message is one activity, and each of its files another."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any

import structlog

from adapters.teams import render
from adapters.teams.markdown import mentions_in
from adapters.teams.members import Members
from adapters.teams.sharing import Sharing
from adapters.teams.stream import STATE, Streams
from adapters.teams.transport import Transport, conversation_of
from gateway.errors import Gone, StreamStopped
from gateway.model import ConversationRef, Outgoing, OutgoingFile, Receipt

_KEPT = 256

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Begun:
    """What of a message is there already."""

    id: str = ""
    says: render.Activity | None = None
    """What it was sent as."""
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Names by the ids of their activities."""


class Outbox:
    """Where a call fails half-way (a rate limit between a text and its second file), the one that is made again goes on
    from there: what was sent is remembered by the message's key until all of it is."""

    def __init__(self, transport: Transport, members: Members, sharing: Sharing, streams: Streams) -> None:
        self._transport = transport
        self._members = members
        self._sharing = sharing
        self._streams = streams
        self._begun: OrderedDict[str, _Begun] = OrderedDict()

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post it. Without text or buttons, the receipt's id is that of the first file."""
        begun = self._remembered(key)
        below = await self._sharing.lines(to, message.files, key=key) if message.files else []
        text = _says_something(message) or bool(below) or not message.files
        if text:
            await self._say(to, await self._activity(to, message, below), begun)
        if message.files:
            await self._share(to, message.files, begun, key=key)
        self._begun.pop(key, None)
        data: dict[str, Any] = {"files": begun.files} if begun.files else {}
        if not text:
            data["bare"] = True
        return Receipt(to=to, id=begun.id or next(iter(begun.files), ""), data=data)

    async def _say(self, to: ConversationRef, made: render.Activity, begun: _Begun) -> None:
        """The text of it: a call that is made again may have other words (its handler ran anew)."""
        if not begun.id:
            begun.id = await self._transport.send(to, addressed(to, made))
        elif made != begun.says:
            await self._transport.update(to, begun.id, {**addressed(to, made), "id": begun.id})
        begun.says = made

    async def _activity(self, to: ConversationRef, message: Outgoing, below: list[str]) -> render.Activity:
        ids = mentions_in(message.text, message.mentions)
        return render.activity(message, await self._members.names(to, ids) if ids else {}, below)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make it read so. Files that are not there yet follow. ``Gone`` if the message was deleted. A message whose
        stream the user stopped stays as it is: Teams lets nobody change it."""
        try:
            return await self.stop(receipt, message)
        except StreamStopped as error:
            log.info("teams_stopped_message_stays", conversation=receipt.to.key, why=str(error))
            return Receipt(to=receipt.to, id=receipt.id, data=_without_state(receipt))

    async def stop(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """The same, at the end of a stream: ``StreamStopped`` is raised."""
        to, key = receipt.to, f"{receipt.id}:{receipt.to.key}"
        begun = self._remembered(key)
        begun.files = {**(receipt.data.get("files") or {}), **begun.files}
        here = receipt.id
        below = await self._sharing.lines(to, message.files, key=key) if message.files else []
        if _says_something(message) or below or not message.files:
            if receipt.data.get("bare"):  # so far it was nothing but files
                await self._say(to, await self._activity(to, message, below), begun)
                here = begun.id
            else:
                await self._put(receipt, message, below)
        if message.files:
            await self._share(to, message.files, begun, key=key)
        self._begun.pop(key, None)
        data = _without_state(receipt)
        if begun.files:
            data["files"] = begun.files
        if here != receipt.id:
            data.pop("bare", None)
        return Receipt(to=to, id=here, data=data)

    async def _put(self, receipt: Receipt, message: Outgoing, below: list[str]) -> None:
        streaming = STATE in receipt.data
        stands = streaming and await self._streams.close(receipt, message)
        if stands and not below and not mentions_in(message.text, message.mentions):
            return  # a stream's end says it all, but for what only an edit can add
        made = addressed(receipt.to, await self._activity(receipt.to, message, below))
        if streaming:
            await self._streams.replace(receipt, made)
        else:
            await self._transport.update(receipt.to, receipt.id, {**made, "id": receipt.id})

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message and its files' cards; what is gone already is no error."""
        for each in dict.fromkeys((receipt.id, *(receipt.data.get("files") or {}))):
            try:
                await self._transport.delete(receipt.to, each)
            except Gone:
                continue

    async def _share(self, to: ConversationRef, files: tuple[OutgoingFile, ...], begun: _Begun, *, key: str) -> None:
        there = Counter(begun.files.values())
        for number, file in enumerate(files):
            there[file.name] -= 1
            if there[file.name] >= 0:
                continue
            made = await self._sharing.activity(to, file, key=f"{key}.{number}")
            if made is not None:
                begun.files[await self._transport.send(to, addressed(to, made))] = file.name

    def _remembered(self, key: str) -> _Begun:
        begun = self._begun.setdefault(key, _Begun())
        self._begun.move_to_end(key)
        if len(self._begun) > _KEPT:
            self._begun.popitem(last=False)
        return begun


def addressed(to: ConversationRef, made: render.Activity) -> render.Activity:
    """With from and to, as the connector's reference has it."""
    head: render.Activity = {"conversation": {"id": conversation_of(to)}}
    if bot := to.route.get("bot"):
        head["from"] = {"id": bot}
    if to.kind == "dm" and (user := to.route.get("user")):
        head["recipient"] = {"id": user}
    return {**head, **made}


def _without_state(receipt: Receipt) -> dict[str, Any]:
    return {name: value for name, value in receipt.data.items() if name != STATE}


def _says_something(message: Outgoing) -> bool:
    return bool(message.text.strip() or message.buttons or message.feedback is not None)
