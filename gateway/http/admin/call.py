"""A request for a page: who makes it, what it asks for, and what the pages have in common."""

import asyncio
import socket
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway.errors import Fenced, RequestRefused, StoreFailed
from gateway.http.admin.parts import AdminParts
from gateway.http.admin.rendering import rendered
from gateway.http.admin.sign_in import SignedSessions, Visitor, check_origin
from gateway.model.text import storable

T = TypeVar("T")

PAGE = 50
"""Rows of a list on one page."""
WITHIN = 8.0
"""Seconds that all reads of one page may take."""
LONGEST = 4_000
"""Characters of one parameter."""
LARGEST_FORM = 262_144
"""Bytes of the largest form."""
MOST_FIELDS = 200
"""Fields of one form."""
UNREADABLE = "the store cannot be read now; `/readyz` says more, and this page comes back by itself"
"""What is said where the store does not answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of somebody who may see the pages."""

    request: Request
    parts: AdminParts
    visitor: Visitor
    sessions: SignedSessions

    @property
    def may_change(self) -> bool:
        """Whether dead letters can be run again and dropped by whoever looks."""
        return self.parts.writes and "admin" in self.visitor.key.scopes

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the address as a store takes it; None where it is missing or empty. Raises
        ``RequestRefused`` (400) for one that is too long."""
        return _one(self.request.query_params.get(name), name)

    def required(self, name: str) -> str:
        """Return a parameter of the address. Raises ``RequestRefused`` (400) where it is missing."""
        value = self.parameter(name)
        if value is None:
            raise RequestRefused(400, f"the address of this page lacks {name!r}: come here by a link of another page")
        return value

    async def form(self) -> dict[str, list[str]]:
        """Return the fields of the form that was sent from one of our own pages.

        Raises ``RequestRefused``: 403 where it was not, or where nothing can be changed here, 413 and 415 for what is
        no form of these pages.
        """
        check_origin(self.request, self.parts.public_url)
        if not self.parts.writes:
            raise RequestRefused(403, "these pages only show: GATEWAY_ADMIN=write lets them change something")
        self.visitor.key.require("admin")
        fields = await form_of(self.request)
        if self.visitor.session is not None:
            [token, *_] = fields.get("token") or [""]
            if not self.sessions.is_form_token(token, self.visitor.session):
                raise RequestRefused(403, "this form belongs to another session: load the page again")
        return fields

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page with these values."""
        session = self.visitor.session
        shared = {
            "key_id": self.visitor.key.id,
            "signed_in": session is not None,
            "token": "" if session is None else self.sessions.form_token(session),
            "may_change": self.may_change,
            "writes": self.parts.writes,
            "history": self.parts.history,
            "host": socket.gethostname(),
            "shared": self.parts.cluster.shared,
            "replica_count": self.parts.cluster.replicas,
            "now": self.parts.cluster.now(),
            "live": True,
        }
        return rendered(template, shared | values, status)


async def attempted(reading: Awaitable[T]) -> T | None:
    """Return what is read from the store, None where it cannot be read now."""
    try:
        async with asyncio.timeout(WITHIN / 2):
            return await reading
    except (StoreFailed, Fenced, TimeoutError):
        return None


async def form_of(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form. Raises ``RequestRefused``: 400, 413 or 415 for what is none, or is too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise RequestRefused(415, "send a form (application/x-www-form-urlencoded)")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_FORM:
                raise RequestRefused(413, f"a form may have {LARGEST_FORM:,} bytes")
    except ClientDisconnect:
        raise RequestRefused(400, "the form was cut short") from None
    try:
        fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        raise RequestRefused(400, f"a form may have {MOST_FIELDS} fields") from None
    return {name: [storable(value) for value in values] for name, values in fields.items()}


def _one(value: str | None, name: str) -> str | None:
    if not value:
        return None
    if len(value) > LONGEST:
        raise RequestRefused(400, f"{name!r} has more than {LONGEST:,} characters", where=name)
    return storable(value)
