"""Bounds a server's connections: their number, the size of headers, the time and memory of unfinished requests.

uvicorn has no such bounds: it keeps headers of any size, and a silent connection stays for ever. An ordinary event
arrives in one piece, and these bounds cost it one call and no timer: deadlines are numbers that ``sweep`` compares once
a second.
"""

import ipaddress
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

log = structlog.get_logger(__name__)

MAX_HEADERS = 128
"""Number of header fields in a request that does not come in one piece. Slack and Microsoft send about 20."""
MAX_PIPELINED = 16
"""Number of requests on one connection that may wait for the answer before theirs. Load balancers send none ahead."""
LINGER = 5.0
"""Seconds a peer gets to read the last answer on a connection that is being closed."""
STALLED = 60.0
"""Seconds a peer may take to read the next part of an answer."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds a server sets its peers."""

    connections: int = 1_000
    """Number of open connections of all peers."""
    per_address: int = 256
    """Number of open connections from one address (IPv6: from one network of 64 bits), except ``proxies``."""
    proxies: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network] = ()
    """Networks of load balancers, whose connections are those of many people."""
    header_bytes: int = 32_768
    """Bytes of a request's headers."""
    header_seconds: float = 15.0
    """Seconds from the start of a connection, or from the first byte of a later request, to the end of its headers."""
    body_seconds: float = 30.0
    """Seconds from the end of a request's headers to the end of its body."""
    unfinished_bytes: int = 64 * 1024 * 1024
    """Bytes received of all unfinished requests together; beyond that the oldest of these requests is given up."""


def networks(text: str) -> Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the networks in a text of addresses and networks (``10.0.0.0/8``) separated by commas or blanks. Raises
    ``ValueError`` for what is neither."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in text.replace(",", " ").split())


class Connections:
    """The open connections of one server, and the maker of new ones (uvicorn's ``http``)."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.unfinished = 0
        """Bytes received of unfinished requests."""
        self._open: dict[str, set[_Connection]] = {}
        """Open connections by address."""
        self._count = 0
        self._full = self._crammed = False
        """Whether the warning about the number of connections, or about memory, was logged since the last ``sweep``."""

    def protocol(self, *args: Any, **kwargs: Any) -> "_Connection":
        """Return the protocol of a new connection, made with uvicorn's own arguments."""
        return _Connection(self, *args, **kwargs)

    def __len__(self) -> int:
        return self._count

    def add(self, connection: "_Connection") -> bool:
        """Count a new connection and return True, if need be in the place of the oldest silent one, which is closed.
        Return False when the bounds leave no place."""
        address = connection.address
        of_address = self._open.setdefault(address, set())
        crowded = len(of_address) >= self.bounds.per_address and not self._is_proxy(address)
        full = self._count >= self.bounds.connections
        if crowded or full:
            self._tell(address, crowded=crowded)
            others = of_address if crowded else {each for some in self._open.values() for each in some}
            silent = [each for each in others if each.is_silent]
            if not silent:
                return False
            oldest = min(silent, key=_deadline)
            oldest.give_up()
            self.discard(oldest)
        of_address.add(connection)
        self._open[address] = of_address  # the connection given up may have been the last of its address
        self._count += 1
        return True

    def discard(self, connection: "_Connection") -> None:
        """Stop counting a connection that is closed."""
        of_address = self._open.get(connection.address, set())
        if connection in of_address:
            of_address.remove(connection)
            self._count -= 1
        if not of_address:
            self._open.pop(connection.address, None)

    def received(self, size: int) -> None:
        """Count ``size`` more bytes (or, negative, fewer) of unfinished requests, and give up the oldest of these
        requests when they are too many."""
        self.unfinished += size
        if size > 0 and self.unfinished > self.bounds.unfinished_bytes:
            oldest = min((each for some in self._open.values() for each in some if each.pending), key=_deadline)
            if not self._crammed:
                self._crammed = True
                log.warning("http.unfinished", bytes=self.unfinished, address=oldest.address)
            oldest.give_up()

    def sweep(self, now: float) -> None:
        """Give up the connections whose deadline has passed. Called about once a second with the event loop's time."""
        self._full = self._crammed = False
        for connection in [each for some in self._open.values() for each in some if each.deadline < now]:
            connection.give_up()

    def _tell(self, address: str, *, crowded: bool) -> None:
        if not self._full:  # once until the next ``sweep``, not once per connection
            self._full = True
            setting = "GATEWAY_CONNECTIONS_PER_ADDRESS" if crowded else "GATEWAY_MAX_CONNECTIONS"
            fix = f"raise {setting}" + (", or name it in GATEWAY_TRUSTED_PROXIES if it is yours" if crowded else "")
            log.warning("http.full", connections=self._count, address=address, fix=fix)

    def _is_proxy(self, address: str) -> bool:
        if not self.bounds.proxies:
            return False
        own = ipaddress.ip_network(address)
        return any(own.version == each.version and own.subnet_of(each) for each in self.bounds.proxies)  # type: ignore[arg-type]


_NEVER = float("inf")
_NOWHERE = "::/128"
"""The address of a connection without one, through a socket in the file system."""


def _deadline(connection: "_Connection") -> float:
    return connection.deadline


class _Pipeline(deque[Any]):
    """The requests that wait for the answer before theirs. One too many raises ``OverflowError``, so that the parser
    refuses the request."""

    def appendleft(self, x: Any, /) -> None:
        if len(self) >= MAX_PIPELINED:
            raise OverflowError("too many requests ahead of their answers")
        super().appendleft(x)


class _Connection(HttpToolsProtocol):
    """uvicorn's connection, closed when it exceeds its bounds."""

    # None before the first request, which uvicorn's own annotations leave out.
    cycle: RequestResponseCycle | None  # type: ignore[assignment]
    scope: dict[str, Any] | None  # type: ignore[assignment]
    headers: list[tuple[bytes, bytes]] | None  # type: ignore[assignment]

    def __init__(self, all_of_them: Connections, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._all = all_of_them
        self._bounds = all_of_them.bounds
        self.pipeline = _Pipeline()
        self.address = ""
        self.deadline = _NEVER
        """The event loop's time, in seconds, at which the connection is given up unless something happens."""
        self.pending = 0
        """Bytes received of the connection's unfinished request."""
        self._in_headers: bool = True
        self._given_up = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.address = address_of(self.client)
        self.deadline = self.loop.time() + self._bounds.header_seconds
        if not self._all.add(self):
            self._refuse(503, "Too many connections.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._whole()
        self._all.discard(self)
        super().connection_lost(exc)

    @property
    def is_silent(self) -> bool:
        """Whether every request received has been answered, so that closing the connection loses nothing."""
        return self.cycle is None or (self.cycle.response_complete and not self.pending)

    def data_received(self, data: bytes) -> None:
        if self._given_up:
            return
        before = self.cycle
        room = self._bounds.header_bytes - self.pending
        if len(data) > room and self._is_in_headers():
            # Bytes beyond the limit are not parsed, unless the headers end before them.
            if room > 0:
                super().data_received(data[:room])
            if self.transport.is_closing():
                return  # the bytes were no HTTP
            if self._is_in_headers() and self.cycle is before:
                self._refuse(431, "The request's headers are too large.")
                return
            data = data[room:]
        super().data_received(data)
        # An ordinary request is complete now, and its answer is still to come.
        cycle, scope = self.cycle, self.scope
        if cycle is None or scope is None or cycle.more_body or cycle.response_complete or "method" not in scope:
            self._unfinished(len(data), is_next=cycle is not before)
            return
        if self.pending:
            self._whole()
        self.deadline = _NEVER

    def _is_in_headers(self) -> bool:
        cycle, scope = self.cycle, self.scope
        if cycle is None or scope is None:
            return True
        return bool("method" not in scope or (cycle.response_complete and not cycle.more_body))

    def _unfinished(self, size: int, *, is_next: bool) -> None:
        """Count a piece of ``size`` bytes of an unfinished request, and set its deadline. ``is_next``: the piece ended
        the headers of a new request."""
        in_headers = self._is_in_headers()
        if in_headers and is_next:
            size = 0  # of a request that was sent ahead only what comes from here on is counted
        if in_headers and self.headers is not None and len(self.headers) > MAX_HEADERS:
            self._refuse(431, "The request has too many headers.")
            return
        if in_headers is not self._in_headers or self.deadline == _NEVER:
            self._in_headers = in_headers
            seconds = self._bounds.header_seconds if in_headers else self._bounds.body_seconds
            self.deadline = self.loop.time() + seconds
        self.pending += size
        self._all.received(size)

    def _whole(self) -> None:
        self._all.received(-self.pending)
        self.pending = 0

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle is not None and self.cycle.more_body:
            # Answered before it was complete (too large): a peer that goes on sending is not read for long.
            self.deadline = self.loop.time() + LINGER

    def pause_writing(self) -> None:
        super().pause_writing()
        self.deadline = self.loop.time() + STALLED

    def resume_writing(self) -> None:
        super().resume_writing()
        self.deadline = _NEVER

    def give_up(self) -> None:
        """Close the connection, with 408 for an unfinished request; abort one that was being closed already."""
        if self._given_up or self.flow.write_paused:
            self.transport.abort()
        elif self.pending and not (self.cycle is not None and self.cycle.response_complete and self.cycle.more_body):
            self._refuse(408, "The request did not arrive in time.")
        else:
            self._close()

    def _refuse(self, status: int, text: str) -> None:
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            body = text.encode()
            head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head % len(body) + body)
        self._close()

    def _close(self) -> None:
        self._given_up = True
        self._whole()
        self._unset_keepalive_if_required()
        self.deadline = self.loop.time() + LINGER
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # whoever reads the body hears it, and answers nobody
            self.cycle.message_event.set()
        self.transport.close()


def address_of(client: tuple[str, int] | None) -> str:
    """Return the address a connection is counted under: an IPv4 address, or the /64 network of an IPv6 address, which
    providers give to one customer."""
    if client is None:
        return _NOWHERE
    host = client[0].removeprefix("::ffff:")
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return _NOWHERE
