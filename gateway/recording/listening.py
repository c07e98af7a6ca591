"""Wraps an adapter so that somebody hears of what arrives and of every call that goes out.

The wrapped adapter has the same extras as the one inside, no more and no fewer: what the core finds by ``isinstance``
it finds as before.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, cast

from starlette.routing import BaseRoute

from gateway.adapter import Accept, Adapter, extras
from gateway.model import (
    Accepted,
    Capabilities,
    Command,
    ConversationRef,
    Envelope,
    Event,
    HistoryMessage,
    MessageCreated,
    Outgoing,
    Profile,
    Receipt,
    RemoteFile,
    Starter,
    TaskUpdate,
    UserRef,
)
from gateway.recording.calls import (
    JSON,
    accepted_json,
    commands_json,
    error_json,
    message_json,
    receipt_json,
    ref_json,
    starters_json,
    tasks_json,
    user_json,
)

T = TypeVar("T")


class Listener(Protocol):
    """Hears of what arrives and what goes out. What it raises ends the delivery or the call."""

    def arrived(self, envelope: Envelope) -> int:
        """Hear of a delivery before it is accepted, and return its number."""
        ...

    def accepted(self, number: int, result: JSON) -> None:
        """Hear what came of the delivery with this number: ``accepted_json``, or ``error_json``."""
        ...

    def calling(self, method: str, to: JSON, args: JSON) -> int:
        """Hear of a call before it is made, and return its number. ``to`` is the conversation (``ref_json``)."""
        ...

    def called(self, number: int, result: JSON) -> None:
        """Hear what came of the call with this number: what it returned, or ``error_json``."""
        ...


class HeardAdapter:
    """An adapter whose deliveries and calls a listener hears of. Implements ``Adapter``."""

    def __init__(self, inner: Adapter, listener: Listener) -> None:
        self._inner: Any = inner
        self._listener = listener
        self.name: str = inner.name
        self.capabilities: Capabilities = inner.capabilities

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def _heard(
        self,
        method: str,
        to: ConversationRef,
        args: JSON,
        call: Awaitable[T],
        told: Callable[[T], JSON] = lambda _: {},
    ) -> T:
        number = self._listener.calling(method, ref_json(to), args)
        try:
            result = await call
        except BaseException as error:
            self._listener.called(number, error_json(error))
            raise
        self._listener.called(number, told(result))
        return result

    def _heard_by(self, accept: Accept) -> Accept:
        async def accept_aloud(envelope: Envelope) -> Accepted:
            number = self._listener.arrived(envelope)
            try:
                accepted = await accept(envelope)
            except BaseException as error:
                self._listener.accepted(number, error_json(error))
                raise
            self._listener.accepted(number, accepted_json(accepted))
            return accepted

        return accept_aloud

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """Return the routes of the adapter inside."""
        return cast(Sequence[BaseRoute], self._inner.routes(self._heard_by(accept)))

    def connect(self, accept: Accept) -> AbstractAsyncContextManager[None]:
        """Connect the adapter inside."""
        return cast(AbstractAsyncContextManager[None], self._inner.connect(self._heard_by(accept)))

    def health(self) -> str | None:
        """Return what is wrong with the adapter inside, if something is."""
        return cast(str | None, self._inner.health())

    def parse(self, envelope: Envelope) -> Event | None:
        """Return the event in a delivery."""
        return cast(Event | None, self._inner.parse(envelope))

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message."""
        args = {"key": key, "message": message_json(message)}
        return await self._heard("send", to, args, self._inner.send(to, message, key=key), receipt_json)

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Edit a message."""
        args = {"id": receipt.id, "message": message_json(message)}
        return await self._heard("edit", receipt.to, args, self._inner.edit(receipt, message), receipt_json)

    async def delete(self, receipt: Receipt) -> None:
        """Delete a message."""
        await self._heard("delete", receipt.to, {"id": receipt.id}, self._inner.delete(receipt))

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Show that the bot is working."""
        await self._heard("status", to, {"text": text}, self._inner.status(to, text))

    def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return a file's bytes."""
        return cast(AsyncIterator[bytes], self._inner.download(file, limit=limit))


class _Lookup(HeardAdapter):
    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        found = self._inner.find(to, message, key=key, since=since, claimed=claimed)
        return await self._heard("find", to, {"key": key}, found, _receipt_or_none)


class _Streaming(HeardAdapter):
    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        args = {"key": key, "message": {"text": text}, "user": user_json(recipient)}
        if author is not None:
            args["message"] = {"text": text, "author": author}
        started = self._inner.start_stream(to, text, key=key, recipient=recipient, author=author)
        return await self._heard("start_stream", to, args, started, _receipt_or_none)

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        args: JSON = {"id": receipt.id, "delta": len(delta), "length": len(text)}
        if tasks:
            args["tasks"] = tasks_json(tasks)
        appended = self._inner.append_stream(receipt, delta=delta, text=text, tasks=tasks)
        return await self._heard("append_stream", receipt.to, args, appended, receipt_json)

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        args = {"id": receipt.id, "message": message_json(message)}
        stopped = self._inner.stop_stream(receipt, message, delta=delta, key=key)
        return await self._heard("stop_stream", receipt.to, args, stopped, receipt_json)


class _Completion(HeardAdapter):
    async def complete(self, message: MessageCreated) -> MessageCreated:
        return await self._heard(
            "complete", message.ref, {"id": message.message_id}, self._inner.complete(message), _files_of
        )


class _DirectMessages(HeardAdapter):
    async def open_dm(self, user: UserRef) -> ConversationRef:
        to = ConversationRef(platform=user.platform, workspace=user.workspace, channel="")
        return await self._heard("open_dm", to, {"user": user.id}, self._inner.open_dm(user), _opened)


class _History(HeardAdapter):
    async def history(self, to: ConversationRef, *, limit: int) -> Sequence[HistoryMessage]:
        read = self._inner.history(to, limit=limit)
        return await self._heard("history", to, {"limit": limit}, read, _count_of)


class _Reactions(HeardAdapter):
    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        args = {"id": message_id, "emoji": {"name": emoji}, "added": added}
        await self._heard("react", to, args, self._inner.react(to, message_id, emoji, added=added))


class _Profiles(HeardAdapter):
    async def profile(self, user: UserRef) -> Profile:
        to = ConversationRef(platform=user.platform, workspace=user.workspace, channel="")
        return await self._heard("profile", to, {"user": user.id}, self._inner.profile(user), _name_of)


class _Titles(HeardAdapter):
    async def set_title(self, to: ConversationRef, title: str) -> None:
        await self._heard("set_title", to, {"title": title}, self._inner.set_title(to, title))


class _Commands(HeardAdapter):
    async def set_commands(self, commands: Sequence[Command]) -> None:
        to = ConversationRef(platform=self.name, workspace="", channel="")
        args = {"commands": commands_json(commands)}
        await self._heard("set_commands", to, args, self._inner.set_commands(commands))


class _Starters(HeardAdapter):
    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        await self._heard("suggest", to, {"starters": starters_json(starters)}, self._inner.suggest(to, starters))


class _Notices(HeardAdapter):
    async def notify(self, to: ConversationRef, user: UserRef, text: str, *, aloud: bool = True) -> None:
        told = self._inner.notify(to, user, text, aloud=aloud)
        await self._heard("notify", to, {"user": user.id, "text": text}, told)


_HEARD: Mapping[type, type[HeardAdapter]] = {
    extras.SupportsLookup: _Lookup,
    extras.SupportsStreaming: _Streaming,
    extras.SupportsCompletion: _Completion,
    extras.SupportsDirectMessages: _DirectMessages,
    extras.SupportsHistory: _History,
    extras.SupportsReactions: _Reactions,
    extras.SupportsProfiles: _Profiles,
    extras.SupportsTitles: _Titles,
    extras.SupportsCommands: _Commands,
    extras.SupportsStarters: _Starters,
    extras.SupportsNotices: _Notices,
}
"""The extras of which the listener hears, each with the class that tells. All others are passed on in silence."""


def heard(adapter: Adapter, listener: Listener) -> Adapter:
    """Return an adapter that does what the given one does, has the same extras, and tells a listener."""
    bases: list[type] = []
    silent: dict[str, Any] = {}
    for each in _extras():
        if isinstance(adapter, each):
            if (base := _HEARD.get(each)) is not None:
                bases.append(base)
            else:
                silent.update({name: _passed_on(name) for name in _methods(each)})
    made = type("HeardAdapter", (*bases, HeardAdapter), silent)
    return cast(Adapter, made(adapter, listener))


def _extras() -> Sequence[type]:
    """Return every protocol of an extra there is."""
    found = [each for name, each in vars(extras).items() if name.startswith("Supports") and inspect.isclass(each)]
    return cast(Sequence[type], found)


def _methods(protocol: type) -> Sequence[str]:
    return [name for name, each in vars(protocol).items() if inspect.isfunction(each) and not name.startswith("_")]


def _passed_on(name: str) -> Callable[..., Any]:
    def method(self: HeardAdapter, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._inner, name)(*args, **kwargs)  # pyright: ignore[reportPrivateUsage]

    return method


def _receipt_or_none(receipt: Receipt | None) -> JSON:
    return {"found": False} if receipt is None else receipt_json(receipt)


def _files_of(message: MessageCreated) -> JSON:
    return {"files": len(message.files)}


def _opened(ref: ConversationRef) -> JSON:
    return {"to": ref_json(ref)}


def _count_of(messages: Sequence[HistoryMessage]) -> JSON:
    return {"count": len(messages)}


def _name_of(profile: Profile) -> JSON:
    return {"display_name": profile.display_name}
