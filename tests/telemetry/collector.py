"""A collector of traces on loopback, which takes OTLP over HTTP as a real one does."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.emulators.endpoint import Endpoint


class Span(NamedTuple):
    """A span as it arrived."""

    name: str
    trace: str
    id: str
    parent: str
    kind: str
    failed: bool
    attributes: Mapping[str, str | int]
    links: int
    service: str


class Collector(Endpoint):
    """Takes spans at ``/v1/traces``."""

    def __init__(self) -> None:
        super().__init__("/v1/traces")
        self.spans: list[Span] = []
        self.bodies = b""
        """All bytes that were sent here."""
        self._more = asyncio.Event()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_read(span, names["service.name"]) for span in scope.spans]
        self._more.set()
        return web.Response(content_type="application/x-protobuf")

    async def until(self, fits: Callable[["Collector"], object], timeout: float = 10.0) -> None:
        """Wait until what arrived is as wanted."""
        async with asyncio.timeout(timeout):
            while not fits(self):
                self._more.clear()
                await self._more.wait()

    def named(self, name: str) -> list[Span]:
        """Return the spans of this name."""
        return [span for span in self.spans if span.name == name]


def _read(span: WireSpan, service: str) -> Span:
    assert span.start_time_unix_nano <= span.end_time_unix_nano
    return Span(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=WireSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes={each.key: each.value.string_value or each.value.int_value for each in span.attributes},
        links=len(span.links),
        service=service,
    )
