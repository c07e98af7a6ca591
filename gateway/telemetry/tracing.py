"""Traces: one for each delivery, from its receipt to the last call of its turn, sent to a collector by OpenTelemetry.

Theory. A delivery waits in a durable store between its receipt and its turn, which may run after a restart, on another
replica, and several times. So the trace is found and not carried along: its id, and the id of its first span, are
hashes of the delivery's key. Whoever runs the turn knows both, and so does the sampler: all replicas decide alike about
one trace (``OTEL_TRACES_SAMPLER``).

The gateway's spans are made when they have ended, of what observers are told, which costs a fraction of spans that are
begun and ended one by one. What the bot's handlers do nests below them all the same: the turn, and each step, is the
current span of OpenTelemetry while it runs, so that the spans of instrumented libraries become its children.

Spans have keys, names, outcomes and times in them, never what people or the bot said.
"""

import asyncio
import hashlib
import random
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

import structlog
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.telemetry.context import incoming_trace, reference
from gateway.telemetry.observer import (
    DeliveryAccepted,
    Observer,
    PlatformCall,
    StepBegun,
    StepEnded,
    TurnBegun,
    TurnEnded,
    TurnWaits,
)

FLUSH = 3.0
"""Seconds at the end of a gateway for spans that were not sent yet; a collector that is away costs no more."""
WAITED = 0.05
"""Seconds from which on the wait for a turn has a span of its own."""
BRIEF = 0.001
"""Seconds up to which a hook of the bot has no span, because most bots have no such hook."""

_ERROR = Status(StatusCode.ERROR)
_UNSET = Status(StatusCode.UNSET)
_SAMPLED, _DROPPED = TraceFlags(TraceFlags.SAMPLED), TraceFlags(TraceFlags.DEFAULT)


class _KnownResource(Resource):
    """What the spans are of. The encoder asks for its hash once for each span, and the library's own makes JSON of all
    attributes each time, a fifth of what a span costs."""

    def __init__(self, made: Resource) -> None:
        super().__init__(dict(made.attributes), made.schema_url)
        self._hash = super().__hash__()

    def __hash__(self) -> int:
        return self._hash


class _Run(NamedTuple):
    """The run of a turn, or a step of it, as long as it lasts."""

    span: SpanContext
    parent: SpanContext
    before: otel.Context
    """The context in which it was begun."""
    began: int
    """When it began, in nanoseconds since the epoch."""
    conversation: str
    """The key of the turn's conversation. What a call is about may be larger, such as a workspace."""


class Tracing(Observer):
    """Makes spans of what it is told, and sends them in batches from a thread of its own."""

    def __init__(self, exporter: SpanExporter, *, version: str) -> None:
        """``exporter`` sends the spans; ``version`` is that of the gateway. Everything else is read from the variables
        ``OTEL_...`` of the environment."""
        own = {"service.name": "bot-gateway", "service.version": version}
        named = OTELResourceDetector().detect().attributes  # by OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES
        made = Resource.create({name: value for name, value in own.items() if name not in named})
        resource = _KnownResource(made)
        self.provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        """What makes tracers for other code, whose spans go the same way."""
        self._processor = BatchSpanProcessor(exporter)
        self.provider.add_span_processor(self._processor)
        self._scope = InstrumentationScope("gateway", version)
        self._turns: dict[str, _Run] = {}
        """The turns that run, by delivery key."""
        self._steps: dict[tuple[str, str], _Run] = {}
        """The steps that run, by the keys of their deliveries and their own ids."""
        self._waits: dict[str, int] = {}
        """When each turn that waits for an answer began to (nanoseconds since the epoch), by delivery key."""

    async def close(self) -> None:
        """Send what was not sent yet, within ``FLUSH`` seconds."""
        thread = threading.Thread(target=self.provider.shutdown, name="gateway-traces", daemon=True)
        thread.start()
        await asyncio.to_thread(thread.join, FLUSH)

    def accepted(self, what: DeliveryAccepted, /) -> None:
        root = self._root(what.delivery)
        first = what.outcome in ("new", "answered")
        # A delivery that came before has its first span already.
        span, parent = (root, None) if first else (_child(root), root)
        name = f"receive {what.platform}"
        incoming = incoming_trace.get()
        self._end(
            name,
            span,
            parent,
            what.conversation,
            {
                "messaging.system": what.platform,
                "messaging.operation.type": "receive",
                "messaging.message.id": what.delivery,
                "gateway.kind": what.kind,
                "gateway.outcome": what.outcome,
            },
            seconds=what.seconds,
            kind=SpanKind.CONSUMER,
            failed=what.outcome == "failed",
            links=() if incoming is None else _links(incoming),
        )

    def turn_begun(self, what: TurnBegun, /) -> None:
        root = self._root(what.delivery)
        span, before = _child(root), otel.get_current()
        if what.attempt == 1 and what.waited >= WAITED:
            self._end("wait", _child(root), root, what.conversation, {}, seconds=what.waited)
        self._turns[what.delivery] = _Run(span, root, before, time.time_ns(), what.conversation)
        otel.attach(trace.set_span_in_context(NonRecordingSpan(span), before))
        structlog.contextvars.bind_contextvars(trace_id=f"{span.trace_id:032x}")

    def turn_waits(self, what: TurnWaits, /) -> None:
        if what.begins:
            self._waits[what.delivery] = time.time_ns()
            return
        began, turn = self._waits.pop(what.delivery, None), self._turns.get(what.delivery)
        if began is not None and turn is not None:
            seconds = (time.time_ns() - began) / 1e9
            self._end("ask", _child(turn.span), turn.span, what.conversation, {}, seconds=seconds)

    def turn_ended(self, what: TurnEnded, /) -> None:
        self._waits.pop(what.delivery, None)
        turn = self._turns.pop(what.delivery, None)
        if turn is None:
            return  # it was given up without another run
        _leave(turn)
        structlog.contextvars.unbind_contextvars("trace_id")
        attributes: dict[str, str | int] = {
            "messaging.system": what.platform,
            "messaging.operation.type": "process",
            "messaging.message.id": what.delivery,
            "gateway.outcome": what.outcome,
            "gateway.attempt": what.attempt,
            "gateway.reference": reference(what.delivery),
        }
        if what.error:
            attributes["error.type"] = what.error.partition(":")[0]
        self._end(
            f"process {what.platform}",
            turn.span,
            turn.parent,
            what.conversation,
            attributes,
            since=turn.began,
            kind=SpanKind.CONSUMER,
            failed=what.outcome in ("failed", "dead"),
        )

    def step_begun(self, what: StepBegun, /) -> None:
        turn = self._turns.get(what.delivery)
        if turn is None:
            return
        before = otel.get_current()
        current = trace.get_current_span(before).get_span_context()
        parent = current if current.trace_id == turn.span.trace_id else turn.span
        span = _child(parent)
        self._steps[what.delivery, what.step] = _Run(span, parent, before, time.time_ns(), what.conversation)
        otel.attach(trace.set_span_in_context(NonRecordingSpan(span), before))

    def step_ended(self, what: StepEnded, /) -> None:
        step = self._steps.pop((what.delivery, what.step), None)
        if step is None:
            return
        _leave(step)
        if what.type == "run" and what.seconds < BRIEF and not what.error:
            return
        attributes = {} if what.type == "run" else {"gateway.step.type": what.type}
        if what.error:
            attributes["error.type"] = what.error
        self._end(
            what.name,
            step.span,
            step.parent,
            what.conversation,
            attributes,
            since=step.began,
            failed=bool(what.error),
        )

    def called(self, what: PlatformCall, /) -> None:
        turn = None if what.delivery is None else self._turns.get(what.delivery)
        if turn is None:
            return
        current = trace.get_current_span().get_span_context()
        parent = current if current.trace_id == turn.span.trace_id else turn.span
        failed = what.outcome != "ok"
        attributes = {"error.type": what.outcome} if failed else {}
        self._end(
            f"{what.platform} {what.method}",
            _child(parent),
            parent,
            turn.conversation,
            attributes,
            seconds=what.seconds,
            kind=SpanKind.CLIENT,
            failed=failed,
        )

    def _root(self, delivery: str) -> SpanContext:
        """Return the context of the first span of a delivery's trace."""
        digest = hashlib.blake2b(delivery.encode(errors="surrogatepass"), digest_size=24).digest()
        trace_id = int.from_bytes(digest[:16]) or 1
        decided = self.provider.sampler.should_sample(None, trace_id, "receive", SpanKind.CONSUMER)
        flags = _SAMPLED if decided.decision is Decision.RECORD_AND_SAMPLE else _DROPPED
        return SpanContext(trace_id, int.from_bytes(digest[16:]) or 1, is_remote=False, trace_flags=flags)

    def _end(
        self,
        name: str,
        span: SpanContext,
        parent: SpanContext | None,
        conversation: str,
        attributes: Mapping[str, str | int],
        *,
        seconds: float = 0.0,
        since: int | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        failed: bool = False,
        links: tuple[Link, ...] = (),
    ) -> None:
        """Send a span that ends now and began ``seconds`` ago, or at ``since`` (nanoseconds since the epoch)."""
        if not span.trace_flags.sampled:
            return
        now = time.time_ns()
        self._processor.on_end(
            ReadableSpan(
                name,
                context=span,
                parent=parent,
                resource=self.provider.resource,
                attributes={"conversation.id": conversation, **attributes},
                links=links,
                kind=kind,
                status=_ERROR if failed else _UNSET,
                start_time=now - int(seconds * 1e9) if since is None else since,
                end_time=now,
                instrumentation_scope=self._scope,
            )
        )


def _child(parent: SpanContext) -> SpanContext:
    """Return the context of a new span below another one."""
    id = random.getrandbits(64) or 1
    return SpanContext(parent.trace_id, id, is_remote=False, trace_flags=parent.trace_flags)


def _leave(run: _Run) -> None:
    """Make current what was so before the run, if the run still is: code of the bot may end a step in another context
    than the one it began in, where there is nothing to undo."""
    if trace.get_current_span().get_span_context().span_id == run.span.span_id:
        otel.attach(run.before)


def _links(traceparent: str) -> tuple[Link, ...]:
    """Return a link to the trace that a request named in its header ``traceparent``; none for what is no such
    header."""
    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    span = trace.get_current_span(context).get_span_context()
    return (Link(span),) if span.is_valid else ()
