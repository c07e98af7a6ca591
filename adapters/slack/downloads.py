"""Downloads files up to a limit, from Slack's own hosts only, and sends the token to no other host.

Slack redirects a download to other hosts of its own (on an Enterprise Grid always), and to its sign-in page when the
token may not read the file. So redirects are followed one by one, and the sign-in page is recognised by its content.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

import aiohttp

from adapters.fields import obj
from adapters.slack.api import SlackApi
from adapters.slack.errors import wait_of
from adapters.slack.file_objects import EXTERNAL, HIDDEN, TOMBSTONE, is_bare, remote_file
from gateway.errors import Forbidden, Gone, RateLimited, TooLarge, Unavailable, Unsupported
from gateway.model import RemoteFile

_CHUNK = 64 * 1024
_TRANSFER = aiohttp.ClientTimeout(total=None, connect=10, sock_read=60)
_HOPS = 3
"""Redirects that are followed."""
_TOKEN_HOSTS = ("slack.com", "slack-files.com", "slack-gov.com", "slack-files-gov.com")
"""Hosts of Slack and GovSlack, including their subdomains, that get the token."""
_OTHER_HOSTS = ("slack-edge.com",)
"""Slack's hosts with signed addresses, which are asked without the token."""
_PAGE = 32 * 1024
"""Bytes of an HTML answer that are examined before any of them is passed on."""
_BINARY = ("image/", "audio/", "video/", "application/pdf", "application/zip")
"""Media types that no HTML page can have."""
_SIGN_IN_PATHS = ("/signin", "/sign_in", "/sign-in", "/login", "/checkcookie", "/workspace-signin")
_SIGN_IN = re.compile(
    rb"<title>[^<]{0,200}?(?:(?:sign|log)[ -]?in\b[^<]{0,200}slack|slack[^<]{0,200}(?:sign|log)[ -]?in\b)"
    rb"|<form[^>]{0,200}?(?:signin|sign_in)"
    rb"|checkcookie\?redir|[?&]redir=(?:%2f|/)files"
)


class Downloads:
    """Downloads files over the API's session."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def info(self, file: RemoteFile) -> RemoteFile:
        """Return the file as ``files.info`` has it, for a file of which a delivery told little more than the id."""
        try:
            answer = await self._api.query("files.info", file=file.id)
        except Gone as error:
            raise Gone("it was deleted in Slack") from error
        told: Mapping[str, Any] = obj(answer, "file")
        found = remote_file(told, file.workspace, **({"field": file.extra["field"]} if "field" in file.extra else {}))
        if found is None or is_bare(found):
            raise Forbidden(f"Slack does not let this app read it ({told.get('file_access') or 'no address'})")
        return found

    async def read(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return the bytes. Raises ``TooLarge``, ``Forbidden`` naming ``files:read``, ``Gone``, ``Unavailable``, and
        ``Unsupported`` for a file that is not stored in Slack."""
        if file.url is None and "mode" not in file.extra:
            file = await self.info(file)
        self._check_kept(file)
        if file.size is not None and file.size > limit:
            raise _too_large(file, limit)
        if not self._api.may("files:read"):
            raise self._unreadable()
        url, token = file.url or "", await self._api.token()
        try:
            for _ in range(1 + _HOPS):
                async with self._ask(url, token) as response:
                    onward = response.headers.get("Location") if 300 <= response.status < 400 else None
                    if onward is None:
                        async for chunk in self._body(response, file, limit):
                            yield chunk
                        return
                url = self._next(url, onward)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unavailable(f"download of {file.name!r}: {type(error).__name__}") from error
        raise Unavailable(f"download of {file.name!r}: sent on more than {_HOPS} times")

    def _check_kept(self, file: RemoteFile) -> None:
        """Raise for a file whose content Slack does not have, or does not give."""
        match file.extra.get("mode"):
            case mode if mode == TOMBSTONE:
                raise Gone("it was deleted in Slack")
            case mode if mode == HIDDEN:
                raise Unsupported("Slack hides it, as it does with old files on a free plan: send it again")
            case mode if mode == EXTERNAL or not self._trusted(urlsplit(file.url or "")):
                host = urlsplit(file.url or "").hostname or "another service"
                raise Unsupported(f"it is kept at {host}, outside Slack: download it there and send it as a file")
            case _:
                return

    def _ask(self, url: str, token: str) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        parts = urlsplit(url)
        tokened = self._is_api(parts) or _under(parts, _TOKEN_HOSTS)
        headers = {"Authorization": f"Bearer {token}"} if tokened else {}
        return self._api.session.get(url, headers=headers, timeout=_TRANSFER, allow_redirects=False)

    def _next(self, url: str, location: str) -> str:
        """Return where a redirect leads. Raises ``Forbidden`` if that is the sign-in page, ``Unsupported`` for a host
        that is not Slack's."""
        onward = urljoin(url, location)
        parts = urlsplit(onward)
        if not self._trusted(parts):
            raise Unsupported(f"Slack sends its download on to {parts.hostname}, which is none of its own hosts")
        if parts.path in ("", "/") or parts.path.startswith(_SIGN_IN_PATHS) or "redir" in parse_qs(parts.query):
            raise self._unreadable()
        return onward

    async def _body(self, response: aiohttp.ClientResponse, file: RemoteFile, limit: int) -> AsyncIterator[bytes]:
        self._check_status(response, file, limit)
        # A page of exactly the file's length is the file, because no sign-in page has just that length.
        page = response.content_type == "text/html" and response.content_length != (file.size or 0)
        seen, held = 0, b""
        async for chunk in response.content.iter_chunked(_CHUNK):
            seen += len(chunk)
            if seen > limit:
                raise _too_large(file, limit)
            held += chunk
            if page and len(held) < _PAGE:
                continue
            if page and _is_sign_in(held, file):
                raise self._unreadable()
            yield held
            page, held = False, b""
        if held:
            if _is_sign_in(held, file):
                raise self._unreadable()
            yield held

    def _check_status(self, response: aiohttp.ClientResponse, file: RemoteFile, limit: int) -> None:
        status = response.status
        if status in (401, 403):
            raise self._unreadable()
        if status in (404, 410):
            raise Gone("it is no longer in Slack")
        if status == 429:
            raise RateLimited(wait_of(response), "files")
        if status >= 300:
            raise Unavailable(f"download of {file.name!r}: HTTP {status}")
        if response.content_length is not None and response.content_length > limit:
            raise _too_large(file, limit)

    def _unreadable(self) -> Forbidden:
        """Return the error for a file in whose place Slack shows its sign-in page. The advice depends on what is known
        of the token's scopes."""
        if self._api.scopes is not None and "files:read" in self._api.scopes:
            return Forbidden(
                "Slack answers with its sign-in page, although the token has the scope files:read: the bot has no "
                "access to that file"
            )
        return Forbidden("Slack answers with its sign-in page; add the scope files:read to the app and reinstall it")

    def _is_api(self, url: SplitResult) -> bool:
        """Return whether a URL is at the very host of the API, which in tests is none of Slack's."""
        api = urlsplit(self._api.url)
        return (url.scheme, url.netloc) == (api.scheme, api.netloc)

    def _trusted(self, url: SplitResult) -> bool:
        """Return whether a URL is at one of Slack's own hosts over TLS, or at the very host of the API."""
        return self._is_api(url) or (url.scheme == "https" and _under(url, _TOKEN_HOSTS + _OTHER_HOSTS))


def _under(url: SplitResult, hosts: tuple[str, ...]) -> bool:
    host = url.hostname or ""
    return any(host == name or host.endswith(f".{name}") for name in hosts)


def _is_sign_in(page: bytes, file: RemoteFile) -> bool:
    """Return whether an HTML page is Slack's sign-in page: by its content, or because the file can be no page."""
    head = page[:_PAGE].lstrip().lower()
    if file.mime.startswith(_BINARY):
        return head.startswith((b"<!doctype html", b"<html"))
    return _SIGN_IN.search(head) is not None


def _too_large(file: RemoteFile, limit: int) -> TooLarge:
    return TooLarge(f"file {file.name!r} is larger than {limit / 1_000_000:g} MB")
