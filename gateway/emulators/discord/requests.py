"""Reads a request to the REST API completely and within bounds: path, query, JSON body, uploaded files.

https://docs.discord.com/developers/reference#uploading-files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web
from aiohttp.multipart import BodyPartReader

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.errors import ApiError, FormErrors
from gateway.emulators.discord.values import MAX_FILE_BYTES, MAX_REQUEST_BYTES, is_snowflake

_FILE = re.compile(r"files\[(\d{1,19})\]")
_TRUE = frozenset({"true", "1", "True"})


@dataclass(slots=True, frozen=True)
class Created:
    """A body that is answered with status 201."""

    body: JSON


@dataclass(slots=True, frozen=True)
class Upload:
    """A file in a request; ``number`` is the ``n`` of ``files[n]``."""

    number: str
    filename: str
    content_type: str
    content: bytes


@dataclass(slots=True, frozen=True)
class Request:
    """A request to a route: the parameters of its path, its query, its body and its files."""

    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: Sequence[Upload] = field(default=())

    @property
    def form(self) -> JSON:
        """The body of a route that takes an object. Raises ``ApiError`` when it is not one."""
        if not isinstance(self.body, dict):
            errors = FormErrors()
            errors.add((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            errors.raise_any()
        return dict(self.body)

    def flag(self, name: str) -> bool:
        """Return whether a boolean of the query is true."""
        return self.query.get(name, "") in _TRUE

    def args(self) -> JSON:
        """Return what tests and the inspector see of the request: path, query and body in one, of files only name and
        size."""
        given = self.body if isinstance(self.body, dict) else {} if self.body is None else {"body": self.body}
        out = {**self.query, **given, **self.params}
        if self.files:
            out["files"] = [{"filename": f.filename, "size": len(f.content)} for f in self.files]
        return out


def check_params(params: Mapping[str, str]) -> None:
    """Raise ``ApiError`` unless every path parameter named ``…_id`` is a snowflake."""
    errors = FormErrors()
    for name, value in params.items():
        if name.endswith("_id") and value not in ("@me", "@original") and not is_snowflake(value):
            errors.add((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
    errors.raise_any()


async def read(request: web.BaseRequest, params: Mapping[str, str]) -> Request:
    """Return the request with its body. Raises ``ApiError`` when it is too large or cannot be read."""
    query = dict(parse_qsl(request.query_string, keep_blank_values=True))
    if request.method in ("GET", "DELETE", "HEAD"):
        return Request(params, query, None)
    if (request.content_length or 0) > MAX_REQUEST_BYTES:
        raise ApiError.of(40005)
    if request.content_type == "multipart/form-data":
        return await _multipart(request, params, query)
    body = await _bounded(request)
    if not body:
        return Request(params, query, None)
    if request.content_type != "application/json":
        raise ApiError(400, 50035, "Expected \"Content-Type\" header to be one of {'application/json'}.")
    return Request(params, query, _json(body))


async def _bounded(request: web.BaseRequest) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            raise ApiError.of(40005)
    return bytes(body)


async def _multipart(request: web.BaseRequest, params: Mapping[str, str], query: Mapping[str, str]) -> Request:
    body: Any = {}
    files: list[Upload] = []
    total = 0
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            content = bytearray()
            while chunk := await part.read_chunk(64 * 1024):
                content += chunk
                total += len(chunk)
                if total > MAX_REQUEST_BYTES:
                    raise ApiError.of(40005)
            if part.name == "payload_json":
                body = _json(bytes(content))
            elif (match := _FILE.fullmatch(part.name)) and part.filename:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                files.append(Upload(match[1], part.filename, kind, bytes(content)))
            elif isinstance(body, dict):
                body[part.name] = content.decode(errors="replace")
    except ValueError:
        raise ApiError(400, 50035, "Invalid Form Body") from None
    if any(len(file.content) > MAX_FILE_BYTES for file in files):
        raise ApiError.of(40005)
    return Request(params, query, body, tuple(files))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ApiError.of(50109) from None
