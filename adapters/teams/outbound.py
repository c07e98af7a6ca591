"""Sends, edits and deletes messages. A message is one activity, and each of its files another."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from adapters.files import file_changes
from adapters.teams import render
from adapters.teams.markdown import mentions_in
from adapters.teams.members import Members
from adapters.teams.sharing import Sharing
from adapters.teams.stream import STATE, Streams
from adapters.teams.transport import Transport, conversation_of
from gateway.errors import Gone, RefusedForm, Rejected, StreamStopped, TooLarge
from gateway.model import ConversationRef, Outgoing, OutgoingFile, Receipt

_KEPT = 256

log = structlog.get_logger(__name__)


LINES = "lines"
"""Field in a receipt: the lines below the text that stand for files."""


@dataclass(slots=True)
class _Begun:
    """What of a message is posted already."""

    id: str = ""
    says: render.Activity | None = None
    """The activity it was sent as."""
    files: dict[str, str] | None = None
    """``OutgoingFile.key`` by the ids of the files' activities; None while none was touched."""
    thumbs: str = ""
    """The id of the picture that has the thumbs, where the message has no words."""

    def first_file(self) -> str:
        """Return the id of a message that consists of files only."""
        return self.thumbs or next(iter(self.files or ()), "")


class Outbox:
    """Posts, edits and deletes messages. Where a call fails half-way (a rate limit between a text and its second file),
    the repeated call continues there: what was sent is remembered by the message's key until all of it is."""

    def __init__(self, transport: Transport, members: Members, sharing: Sharing, streams: Streams) -> None:
        self._transport = transport
        self._members = members
        self._sharing = sharing
        self._streams = streams
        self._begun: OrderedDict[str, _Begun] = OrderedDict()

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message. Without text or buttons, the receipt's id is that of the picture that has the thumbs, else
        that of the first file."""
        begun = self._remembered(key)
        below = await self._sharing.lines(to, message.files, key=key) if message.files else []
        bare = not (_says_something(message) or below) and bool(message.files)
        if not bare:
            await self._say(to, await self._activity(to, message, below), begun)
        if message.files or begun.files:
            await self._share(to, message.files, begun, key=key, thumbs=bare and message.feedback is not None)
        self._begun.pop(key, None)
        return Receipt(to=to, id=begun.id or begun.first_file(), data=_data(begun.files, below, bare=bare))

    async def _say(self, to: ConversationRef, made: render.Activity, begun: _Begun) -> None:
        """Post the text; if an earlier attempt posted it, edit that if the words are different now, because the handler
        ran anew."""
        if not begun.id:
            with _words_apart(made):
                begun.id = await self._transport.send(to, addressed(to, made))
        elif made != begun.says:
            with _words_apart(made):
                await self._transport.update(to, begun.id, {**addressed(to, made), "id": begun.id})
        begun.says = made

    async def _activity(self, to: ConversationRef, message: Outgoing, below: list[str]) -> render.Activity:
        ids = mentions_in(message.text, message.mentions)
        return render.activity(message, await self._members.names(to, ids) if ids else {}, below)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make the message read as given, with exactly these files. Raises ``Gone`` if it was deleted. A message whose
        stream the user stopped stays as it is: Teams lets nobody change it."""
        try:
            return await self.stop(receipt, message)
        except StreamStopped as error:
            log.info("teams.stopped_message_stays", conversation=receipt.to.key, why=str(error))
            return Receipt(to=receipt.to, id=receipt.id, data=_without_state(receipt))

    async def stop(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make the message read as given at the end of its stream. Raises ``StreamStopped`` if the user stopped it."""
        to, key, was_bare = receipt.to, f"{receipt.id}:{receipt.to.key}", bool(receipt.data.get("bare"))
        begun = self._remembered(key)
        if begun.files is None:
            begun.files = dict(receipt.data.get("files") or {})
        if message.keeps_files:
            below = list(receipt.data.get(LINES) or ())
        else:
            below = await self._sharing.lines(to, message.files, key=key) if message.files else []
        stay = begun.files if message.keeps_files else message.files
        bare = not (_says_something(message) or below) and bool(stay)
        if bare and not was_bare:
            await self._forget(to, receipt.id)  # the words are removed
        elif was_bare and not bare:
            await self._say(to, await self._activity(to, message, below), begun)
        elif not bare:
            await self._put(receipt, message, below)
        if not message.keeps_files and (message.files or begun.files):
            await self._share(to, message.files, begun, key=key, thumbs=bare and message.feedback is not None)
        self._begun.pop(key, None)
        here = receipt.id
        if bare:
            here = receipt.id if receipt.id in begun.files else begun.first_file()
        elif was_bare:
            here = begun.id
        return Receipt(to=to, id=here, data=_data(begun.files, below, bare=bare))

    async def _put(self, receipt: Receipt, message: Outgoing, below: list[str]) -> None:
        streaming = STATE in receipt.data
        ended = streaming and await self._streams.close(receipt, message)
        if ended and not below and not mentions_in(message.text, message.mentions):
            return  # the end of the stream says everything that needs no edit
        made = addressed(receipt.to, await self._activity(receipt.to, message, below))
        with _words_apart(made):
            if streaming:
                await self._streams.replace(receipt, made)
            else:
                await self._transport.update(receipt.to, receipt.id, {**made, "id": receipt.id})

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message and the cards of its files; what is gone already is no error."""
        for each in dict.fromkeys((receipt.id, *(receipt.data.get("files") or {}))):
            await self._forget(receipt.to, each)

    async def _forget(self, to: ConversationRef, id: str) -> None:
        with suppress(Gone):
            await self._transport.delete(to, id)

    async def _share(
        self, to: ConversationRef, files: tuple[OutgoingFile, ...], begun: _Begun, *, key: str, thumbs: bool = False
    ) -> None:
        """Post the files that are not there yet, in the place of those no longer wanted. ``thumbs``: the first picture
        gets the thumbs, since there are no words to show them under."""
        changes = file_changes(begun.files or {}, files)
        there = begun.files = dict(begun.files or {})
        free, missing = list(changes.gone), list(changes.missing)
        for number, file in enumerate(files):
            if not missing or file is not missing[0]:
                continue
            del missing[0]
            made = await self._sharing.activity(to, file, key=f"{key}.{number}.{file.mark}")
            if made is None:
                continue
            rated = thumbs and not begun.thumbs and render.is_picture(made)
            made = addressed(to, render.with_thumbs(made) if rated else made)
            with _words_apart(made):
                id = await self._replace(to, free.pop(0), made, there) if free else await self._transport.send(to, made)
            there[id] = file.key
            begun.thumbs = id if rated else begun.thumbs
        for id in free:
            await self._forget(to, id)
            there.pop(id, None)

    async def _replace(self, to: ConversationRef, old: str, made: render.Activity, there: dict[str, str]) -> str:
        """Show a file where another one was shown and return the id of its activity. A consent card may already have
        been removed."""
        try:
            await self._transport.update(to, old, {**made, "id": old})
        except Gone:
            there.pop(old, None)
            return await self._transport.send(to, made)
        return old

    def _remembered(self, key: str) -> _Begun:
        begun = self._begun.setdefault(key, _Begun())
        self._begun.move_to_end(key)
        if len(self._begun) > _KEPT:
            self._begun.popitem(last=False)
        return begun


@contextmanager
def _words_apart(made: render.Activity) -> Iterator[None]:
    """Turn a refusal (400, or 413 of a card Teams finds too large) of an activity that is more than words into one of
    its form."""
    try:
        yield
    except (Rejected, TooLarge) as error:
        parts = render.parts_of(made)
        if parts and not (isinstance(error, RefusedForm) and error.parts):
            raise RefusedForm(str(error), parts) from error
        raise


def addressed(to: ConversationRef, made: render.Activity) -> render.Activity:
    """Return the activity with ``from`` and ``recipient``, as the connector's reference documents it."""
    head: render.Activity = {"conversation": {"id": conversation_of(to)}}
    if bot := to.route.get("bot"):
        head["from"] = {"id": bot}
    if to.kind == "dm" and (user := to.route.get("user")):
        head["recipient"] = {"id": user}
    return {**head, **made}


def _without_state(receipt: Receipt) -> dict[str, Any]:
    return {name: value for name, value in receipt.data.items() if name != STATE}


def _data(files: dict[str, str] | None, below: list[str], *, bare: bool) -> dict[str, Any]:
    """Return what a receipt stores of a message."""
    data: dict[str, Any] = {"files": dict(files)} if files else {}
    if below:
        data[LINES] = below
    if bare:
        data["bare"] = True
    return data


def _says_something(message: Outgoing) -> bool:
    """Return whether there is anything to post but files: Teams refuses thumbs alone."""
    below = message.buttons or message.menus or message.cards or message.plan
    return bool(message.text.strip() or below)
