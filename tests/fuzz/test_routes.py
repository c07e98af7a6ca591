"""Every route of the application, found in its own table: whatever is asked, nothing breaks, grows or leaks."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Mount, Route

from gateway.app import Gateway
from tests.fuzz.asgi import Answer, send
from tests.fuzz.choices import Drawn, examples
from tests.fuzz.conftest import Fuzzed, in_loop
from tests.fuzz.mutations import ODD, dumped, mutated
from tests.fuzz.test_webhooks import errors_in, no_secret_in

MORE_THAN_ANY_BODY = 64 * 1024 * 1024
"""Bytes of a body that no route takes: the largest, an upload, has 25 MB."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "\x00")
TYPES = (
    b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b",
    b"multipart/form-data", b"text/plain", b"application/octet-stream", b"application/json; charset=utf-16", b"\xff",
    b"",
)  # fmt: skip
SEEDS: tuple[Any, ...] = (
    {"query": "{ threads { edges { node { id } } } }", "variables": {"first": 1}},
    {"query": "query Q($a: PaginationInput) { threads(input: $a) { edges { cursor } } }", "variables": {"a": {}}},
    {"type": "threads.create", "params": {"input": {"content": [{"type": "input_text", "text": "hi"}]}}},
    {"type": "threads.list", "params": {"limit": 10, "order": "desc"}},
    {"type": "threads.get_by_id", "params": {"thread_id": "x"}},
    {"user": "ada", "workflow": {"id": "w"}},
    {"text": "hello", "to": {"platform": "slack", "channel": "C0GENERAL"}},
    {"type": "post", "channel": "general", "text": "hi", "files": [{"name": "a", "mime": "b", "data": "YQ=="}]},
    {"type": "event_callback", "team_id": "T0", "event": {"type": "message", "channel": "C1", "ts": "1.1"}},
    {"limit": 10, "cursor": "abc", "filters": {"search": "x"}},
    {"name": "key", "scopes": ["read"]},
)  # fmt: skip
"""Bodies like those that some routes take."""
TEXTS = (*(each for each in ODD if isinstance(each, str)), "*", "a/b", "..")
NAMES = ("slack", "discord", "teams", "1", "slack:T0GATEWAY:C0GENERAL:", "0123456789abcdef")


class Operation(NamedTuple):
    """A path of the application, with the methods that it names."""

    path: str
    methods: Sequence[str]


def operations(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[Operation]:
    """Yield what a table of routes serves, those of mounted applications included."""
    for route in routes:
        if isinstance(route, Mount):
            inner = list(operations(route.routes or [], prefix + route.path))
            yield from inner or [Operation(f"{prefix}{route.path}/{{rest:path}}", ["GET"])]
        elif isinstance(route, Route):
            yield Operation(prefix + route.path, sorted(route.methods or {"GET", "POST"}))
        elif (router := getattr(route, "original_router", None)) is not None:  # one that FastAPI included
            yield from operations(router.routes, prefix + route.include_context.prefix)  # type: ignore[attr-defined]
        else:
            raise AssertionError(f"{type(route)} is of a kind that this test does not know")


def filled(path: str, choices: Drawn) -> str:
    """Fill the parameters of a path in, with what a server makes of any bytes: it leaves no half of a character."""
    while "{" in path:
        head, _, rest = path.partition("{")
        path = (
            head
            + choices.one_of(NAMES if choices.below(2) else TEXTS)[:2_000].replace("{", "")
            + rest.partition("}")[2]
        )
    return path.encode("utf-8", "replace").decode()


def _headers(choices: Drawn, key: str) -> list[tuple[bytes, bytes]]:
    names = (b"x-api-key", b"cookie", b"origin", b"host", b"range", b"if-none-match", b"accept", b"idempotency-key")
    values = (
        b"",
        b"\xff\xfe",
        b"null",
        b"*",
        b"bytes=0-,5-",
        b"http://evil.example",
        b"x" * 8_000,
        b"a\x00b",
        b"1e400",
    )
    auth = (
        b"",
        b"Bearer",
        f"Bearer {key}".encode(),
        f"Bearer {key}x".encode(),
        b"Basic \xff",
        b"Bearer " + b"a" * 20_000,
    )
    found = [(b"host", b"127.0.0.1:8000"), (b"content-type", choices.one_of(TYPES) if choices.below(2) else TYPES[0])]
    if choices.below(4):
        found.append((b"authorization", f"Bearer {key}".encode() if choices.below(3) else choices.one_of(auth)))
    for _ in range(choices.below(3)):
        found.append((choices.one_of(names), choices.one_of(values)))
    return found


def _query(choices: Drawn, key: str) -> bytes:
    names = ("limit", "cursor", "after", "q", "proof", "token", "ssl_check", "expires", "sig", "order", "")
    values = ("", "1", "-1", "1e9", "%00", "%ff", "%ud800", "a" * 3_000, key)
    parts = [f"{choices.one_of(names)}={choices.one_of(values)}" for _ in range(choices.below(4))]
    return "&".join(parts).encode()


def _body(choices: Drawn) -> bytes:
    match choices.below(8):
        case 0:
            return b""
        case 4:
            return b"[" * 100_000
        case 1:
            return bytes(choices.below(256) for _ in range(choices.below(40)))
        case 2:
            return b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\x00"\r\n\r\nabc\r\n--b--\r\n'
        case 3:
            return b"a=1&payload=%7B%22type%22%3A1%7D&&=&%ff=%00" * (1 + choices.below(200))
        case _:
            return dumped(mutated(choices.one_of(SEEDS), choices))


async def _fuzz(gateway: Gateway, key: str, few: int) -> set[int]:
    """Send odd requests, and return the statuses that came; assert that none says that something broke."""
    loop, app = asyncio.get_running_loop(), gateway.asgi
    found = sorted(set(map(lambda each: (each.path, tuple(each.methods)), operations(app.routes))))
    statuses: set[int] = set()

    async def ask(method: str, path: str, query: bytes, headers: Any, body: bytes) -> Answer:
        return await send(app, method, path, query=query, headers=headers, body=body)

    @given(st.data())
    @examples(few)
    def check(data: st.DataObject) -> None:
        choices = Drawn(data)
        path, methods = choices.one_of(found)
        method = choices.one_of(methods) if choices.below(4) else choices.one_of(METHODS)
        request = (method, filled(path, choices), _query(choices, key), _headers(choices, key), _body(choices))
        answer = asyncio.run_coroutine_threadsafe(ask(*request), loop).result()
        assert 100 <= answer.status < 500 or (path == "/readyz" and answer.status == 503), (answer, request)
        statuses.add(answer.status)

    await in_loop(check)
    return statuses


@pytest.mark.timeout(3_600)
async def test_odd_requests_of_every_route(fuzzed: Fuzzed, capfd: pytest.CaptureFixture[str]) -> None:
    paths = {each.path for each in operations(fuzzed.gateway.asgi.routes)}
    assert {"/slack/events", "/teams/events", "/healthz", "/api/graphql"} <= paths
    assert any(path.startswith("/v1/chatkit") for path in paths)
    statuses = await _fuzz(fuzzed.gateway, fuzzed.key, 400)
    assert {200, 400, 401, 404, 405} <= statuses
    log = capfd.readouterr().err
    no_secret_in(log, fuzzed)
    assert errors_in(log) == []


@pytest.mark.timeout(3_600)
async def test_odd_requests_of_every_route_of_the_playground(
    played: Gateway, capfd: pytest.CaptureFixture[str]
) -> None:
    assert {200, 404, 405} <= await _fuzz(played, "none", 150)
    assert errors_in(capfd.readouterr().err) == []


async def test_a_body_without_end_is_cut_off_everywhere(fuzzed: Fuzzed) -> None:
    """Without a declared length only what a route has read tells how large a body is."""
    part = b"[" * 65_536
    key = [(b"authorization", f"Bearer {fuzzed.key}".encode()), (b"host", b"127.0.0.1:8000")]
    for path, methods in {(each.path, tuple(each.methods)) for each in operations(fuzzed.gateway.asgi.routes)}:
        # What comes with a GET is thrown away while the answer is written, as the server lets it in.
        for method, kind in ((each, kind) for each in methods if each not in ("GET", "HEAD") for kind in TYPES[:3]):
            answer = await send(
                fuzzed.gateway.asgi,
                method,
                path.replace("{", "").replace("}", "").replace(":path", ""),
                headers=[*key, (b"content-type", kind)],
                body=(part for _ in range(2 * MORE_THAN_ANY_BODY // len(part))),
            )
            assert answer.status < 500, (path, kind, answer)
            assert answer.taken < MORE_THAN_ANY_BODY, (path, kind, answer)


def test_what_is_sent_is_odd_and_can_be_written() -> None:
    assert all(json.loads(dumped(each)) == each for each in SEEDS)
    assert all(dumped(each) for each in ODD)
