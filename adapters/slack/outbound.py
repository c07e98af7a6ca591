"""Sends, edits, deletes and finds messages."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from adapters.fields import text
from adapters.files import file_changes
from adapters.slack.api import SlackApi
from adapters.slack.envelope import Me
from adapters.slack.history import History, is_own, key_of, keys_in
from adapters.slack.render import content, metadata
from adapters.slack.threads import Threads, belonging
from adapters.slack.uploads import Ticket, Uploads, keys
from gateway.errors import Forbidden, Gone, PlatformError, RateLimited, StreamExpired, Unavailable
from gateway.model import ConversationRef, FromUrl, Outgoing, OutgoingFile, Receipt

STREAM_STATE = frozenset({"sent", "held", "bytes", "cards"})
"""Fields that a receipt carries only while its message streams."""


def channel_of(receipt: Receipt) -> str:
    """Return the channel Slack put the message into; a direct message opened by user id has a channel of its own."""
    return str(receipt.data.get("channel") or receipt.to.channel)


def uploads(message: Outgoing) -> tuple[OutgoingFile, ...]:
    """Return the files whose bytes are uploaded to Slack; linked files are rendered instead."""
    return tuple([file for file in message.files if not isinstance(file.source, FromUrl)]) if message.files else ()


class Outbox:
    """Posts, edits and deletes messages and the files that belong to them.

    A message with text and files is two messages in the same thread: the text (which can be edited, and carries the key
    and the ids of its files), then one share with all the files.
    """

    def __init__(self, api: SlackApi, files: Uploads, threads: Threads, history: History) -> None:
        self._api = api
        self._files = files
        self._threads = threads
        self._history = history

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message. The receipt's id is the ``ts`` of the text, or without text that of the share."""
        tickets = await self._files.open(uploads(message))
        if not posts(message):
            return await self._share_only(to, tickets)
        body: dict[str, Any] = {"channel": to.channel, "metadata": metadata(key, keys(tickets)), **content(message)}
        if message.author:
            body |= self._api.name_of(message.author)
        posted = await self._post(to, body)
        channel = str(posted.get("channel") or to.channel)
        data: dict[str, Any] = {} if channel == to.channel else {"channel": channel}
        if self._threads.apart(to):
            data["apart"] = True
        if tickets:
            try:
                data["files"] = await self._share(to, tickets, channel)
            except RateLimited as error:
                # The text is posted, so a caller that tries again has to look first (``find``).
                raise Unavailable(f"the files of a message that is posted: {error}") from error
        return Receipt(to=to, id=str(posted["ts"]), data=data)

    async def _post(self, to: ConversationRef, body: dict[str, Any]) -> dict[str, Any]:
        """Call chat.postMessage, in the thread where the channel takes one."""
        try:
            return await self._api.call("chat.postMessage", self._placed(to, body), channel=to.channel)
        except PlatformError as error:
            if not await self._threads.refused(to, error):
                raise
        return await self._api.call("chat.postMessage", self._placed(to, body), channel=to.channel)

    def _placed(self, to: ConversationRef, body: dict[str, Any]) -> dict[str, Any]:
        if thread := self._threads.of(to):
            return body | {"thread_ts": thread}
        apart = self._threads.apart(to)
        return belonging(body, apart) if apart else body

    async def _share(self, to: ConversationRef, tickets: Sequence[Ticket], channel: str) -> dict[str, str]:
        """Upload and share files, in the thread where the channel takes one, and return their keys by file id."""
        try:
            return await self._files.share(tickets, channel=channel, thread=self._threads.of(to))
        except PlatformError as error:
            if not await self._threads.refused(to, error):
                raise
        return await self._files.share_uploaded(tickets, channel=channel, thread=None)

    async def _share_only(self, to: ConversationRef, tickets: Sequence[Ticket]) -> Receipt:
        shared = await self._share(to, tickets, to.channel)
        return Receipt(to=to, id=await self._id_of(shared, to.channel), data={"files": shared})

    async def _id_of(self, shared: Mapping[str, str], channel: str) -> str:
        """Return the ``ts`` of a share. An unknown one is no failure: the file's id still finds it."""
        first = next(iter(shared))
        return await self._files.shared_as(first, channel) or first

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make the message read as given, with exactly these files. Raises ``Gone`` if it was deleted."""
        channel = channel_of(receipt)
        data = dict(receipt.data)
        ts = receipt.id
        if ts.startswith("F"):
            ts = await self._files.shared_as(ts, channel) or ts
        there: dict[str, str] = dict(data.get("files") or {})
        key = str(data.pop("key", ""))
        changes = file_changes(there, () if message.keeps_files else uploads(message))
        if message.keeps_files:
            changes = changes._replace(staying=there, gone=[])
        elif changes.missing and posts(message):
            # An earlier run may have shared the files and died before it recorded that.
            key, noted = await self._noted(receipt, ts, key)
            for id, name in noted.items():
                if id not in there and await self._files.is_shared(id, channel):
                    there[id] = name
            changes = file_changes(there, uploads(message))
        tickets = await self._files.open(changes.missing)
        if posts(message):
            # The metadata lists the files to be removed as well, until they are removed.
            noted_now = metadata(key, there | keys(tickets)) if key else None
            apart = receipt.to.thread if data.get("apart") else self._threads.apart(receipt.to)
            await self._update(channel, ts, message, noted_now, apart=apart or "")
        added = await self._share(receipt.to, tickets, channel) if tickets else {}
        for file_id in changes.gone:
            await self._files.remove(file_id)
        if added and not changes.staying and not posts(message):
            ts = await self._id_of(added, channel)  # the share it was has nothing left in it
        if files := changes.staying | added:
            data["files"] = files
        else:
            data.pop("files", None)
        return Receipt(to=receipt.to, id=ts, data={name: data[name] for name in data if name not in STREAM_STATE})

    async def _update(
        self, channel: str, ts: str, message: Outgoing, noted: dict[str, Any] | None, *, apart: str
    ) -> None:
        # Without the empty list Slack would keep the previous blocks.
        body: dict[str, Any] = {"channel": channel, "ts": ts, "blocks": [], **content(message)}
        if apart:
            body = belonging(body, apart)
        if noted is not None:
            body["metadata"] = noted
        try:
            await self._api.call("chat.update", body, channel=channel)
        except StreamExpired:
            # To Slack the stream still runs (here it ended in a crash, or at its limit): stop it, then edit.
            with suppress(StreamExpired):
                await self._api.call("chat.stopStream", {"channel": channel, "ts": ts, "session_status": "active"})
            await self._api.call("chat.update", body, channel=channel)

    async def _noted(self, receipt: Receipt, ts: str, key: str) -> tuple[str, dict[str, str]]:
        """Return the key a message carries, and the files its metadata lists."""
        try:
            found = await self._history.message(receipt.to, channel_of(receipt), ts)
        except PlatformError:
            return key, {}  # what cannot be looked at now is no reason to leave a message as it is
        return key_of(found) or key, keys_in(found)

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message and the files that came with it; what is gone already is no error."""
        if not receipt.id.startswith("F"):
            channel = channel_of(receipt)
            try:
                await self._api.call("chat.delete", {"channel": channel, "ts": receipt.id}, channel=channel)
            except Gone:
                pass
            except Forbidden:
                # A message that only shares files is removed by deleting the files.
                if not receipt.data.get("files"):
                    raise
        for file_id in receipt.data.get("files") or {}:
            await self._files.remove(file_id)

    async def find(
        self, to: ConversationRef, message: Outgoing, *, me: Me, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """Find what was posted of a send: the message that carries its key. A message that cannot carry a key is
        accepted only if it is the app's own and shows what was sent: a stream that is still open, a share of the same
        files.

        A send whose text was posted but not its files is finished here: for the caller, what is found is sent.
        """
        await self._threads.recall(to)
        own = [each for each in await self._history.since(to, since) if is_own(each, me)]
        found = next((each for each in own if key_of(each) == key), None)
        if found is not None:
            return await self._finished(to, message, found, own)
        fresh = [each for each in own if self._history.is_fresh(each, since, claimed)]
        if not posts(message):
            return self._history.share_of(to, uploads(message), fresh)
        for each in fresh:
            # A message that another program posted with the same token is no open stream.
            if self._history.goes_on(each, message.text) and await self._end_stream(to.channel, text(each, "ts"), key):
                return Receipt(to=to, id=text(each, "ts"))
        return None

    async def _end_stream(self, channel: str, ts: str, key: str) -> bool:
        """End the stream that a dead process left open, and give it its key; False if the message is no stream."""
        body = {"channel": channel, "ts": ts, "metadata": metadata(key), "session_status": "active"}
        try:
            await self._api.call("chat.stopStream", body)
        except (RateLimited, Unavailable):
            raise
        except PlatformError:
            return False
        return True

    async def _finished(
        self, to: ConversationRef, message: Outgoing, found: Mapping[str, Any], own: Sequence[Mapping[str, Any]]
    ) -> Receipt:
        shown = self._history.files_in(own)
        files = {
            id: name
            for id, name in keys_in(found).items()
            if id in shown or await self._files.is_shared(id, to.channel)
        }
        if missing := file_changes(files, uploads(message)).missing:
            files |= await self._share(to, await self._files.open(missing), to.channel)
        return Receipt(to=to, id=text(found, "ts"), data={"files": files} if files else {})


def posts(message: Outgoing) -> bool:
    """Return whether the message is more than files to upload. Thumbs alone do not count, because they are shown under
    something."""
    files = uploads(message)
    controls = message.buttons or message.menus or message.cards or message.plan
    return bool(message.text.strip() or controls or len(files) < len(message.files) or not files)
