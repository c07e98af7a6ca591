"""Refuses requests that other sites make to the playground. It has no login, so only the person at this machine may use
it."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.settings import LOOPBACK

# Pictures come from the emulators' own ports (127.0.0.1) and from image blocks a bot points elsewhere (https).
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data: https: http://127.0.0.1:*",
        "media-src blob: http://127.0.0.1:*",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_OF_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers by which proxies say that they are one."""


def refusal(headers: Headers, scheme: str, allowed: Collection[str]) -> str | None:
    """Return why a request is refused, or None when it is allowed.

    The Host header must be one of ours; otherwise a name that an attacker points at 127.0.0.1 (DNS rebinding) could
    read everything. The Origin, where a browser sends one, must be our own; otherwise any site open in another tab
    could act (CSRF).
    """
    host = headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if name not in allowed:
        return f"The playground answers on localhost only, not as {name[:100] or 'a nameless host'!r}."
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"{scheme}://{host}".lower():
        return "The playground takes requests from its own page only."
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return "The playground takes requests from its own page only."
    return None


def is_of_this_machine(scope: Scope) -> bool:
    """Return whether a request comes from this machine and, as far as can be told, through no proxy on it. A proxy that
    hides what it does (it sends its own address as ``Host`` and no header that names the client) cannot be told from a
    browser; ``refusal`` then still turns down what a page of another origin does."""
    address = (scope.get("client") or ("", 0))[0]
    try:
        local = ip_address(address.removeprefix("::ffff:")).is_loopback
    except ValueError:  # the server listens on a socket in the file system, or does not know
        local = False
    headers = Headers(scope=scope)
    return local and not any(name in headers for name in _OF_PROXIES)


class Guard:
    """ASGI middleware that answers strangers with 403 and adds security headers to every answer."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str] = (), this_machine_only: bool = False) -> None:
        self._app = app
        self._this_machine_only = this_machine_only
        self._allowed = set(LOOPBACK) | {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        reason = refusal(Headers(scope=scope), scope["scheme"], self._allowed)
        if reason is None and self._this_machine_only and not is_of_this_machine(scope):
            reason = "The playground answers on the machine it runs on only, and not through a proxy."
        app = self._app if reason is None else PlainTextResponse(reason, status_code=403)
        await app(scope, receive, secured)
