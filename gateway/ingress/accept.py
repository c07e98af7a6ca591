"""The door: what arrives is read, checked, stored, and only then acknowledged."""

from collections.abc import Mapping

import structlog

from gateway.adapter import Adapter
from gateway.errors import Draining
from gateway.ingress.dispatcher import Dispatcher
from gateway.ingress.reading import Reader
from gateway.model import Accepted, ActionInvoked, Envelope, MessageCreated
from gateway.ports import Inbox
from gateway.runtime.forms import answer_to
from gateway.runtime.runner import Handlers
from gateway.runtime.tokens import UploadToken
from gateway.telemetry import Counters

log = structlog.get_logger(__name__)

IGNORED = Accepted(status="ignored")
DUPLICATE = Accepted(status="duplicate")
NEW = Accepted(status="new")


class Gate:
    """``accept``: returning means the delivery is durable (or needs no work); raising means do not acknowledge."""

    def __init__(
        self,
        *,
        adapters: Mapping[str, Adapter],
        inbox: Inbox,
        reader: Reader,
        dispatcher: Dispatcher,
        handlers: Handlers,
        counters: Counters,
    ) -> None:
        self._adapters = adapters
        self._inbox = inbox
        self._reader = reader
        self._dispatcher = dispatcher
        self._handlers = handlers
        self._counters = counters
        self.draining = False

    async def __call__(self, envelope: Envelope) -> Accepted:
        if self.draining:
            raise Draining("the gateway is shutting down")
        platform = envelope.ref.platform
        self._counters.add(platform, "received")
        event = self._reader.event(envelope)
        if event is None or not self._handlers.wants(event):
            self._counters.add(platform, "ignored")
            return IGNORED
        token = await self._reader.token(event)
        answer = answer_to(event, token) if self._adapters[platform].capabilities.forms else None
        if isinstance(event, ActionInvoked) and isinstance(token, UploadToken):
            return Accepted(status="ignored", answer=answer)  # it only opens the form; the form's answer is the event
        if (
            isinstance(event, MessageCreated)
            and not event.addressed
            and not await self._dispatcher.takes_part(event.ref)
        ):
            self._counters.add(platform, "ignored")
            return IGNORED
        idle = self._dispatcher.is_idle(envelope.ref)
        read = idle and not self._dispatcher.is_live(envelope.ref)
        stored = await self._inbox.put(envelope, started=idle, with_session=read)
        if not stored.new:
            self._counters.add(platform, "duplicate")
            return DUPLICATE if answer is None else Accepted(status="duplicate", answer=answer)
        self._dispatcher.submit(self._reader.work(stored, event, token, started=idle, session_read=read))
        return NEW if answer is None else Accepted(status="new", answer=answer)
