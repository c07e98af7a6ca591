"""Receives a file that a client uploads as a form, bounded before anything is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from gateway.disk import in_thread
from gateway.errors import RequestRefused

_AROUND = 100_000
"""Bytes of a request beside its file: the form's own lines and fields."""
_FIELDS = 20
_CHUNK = 1_048_576


class UploadedFile(NamedTuple):
    """A file as its client sent it. Neither its name nor its type can be trusted."""

    path: Path
    name: str
    mime: str
    fields: Mapping[str, str]
    """The other fields of the form."""


async def receive_upload(request: Request, folder: Path, *, limit: int) -> UploadedFile:
    """Write the field ``file`` of a form into a folder.

    Args:
        request: The request, whose body nobody has read.
        folder: Where the content is written, as the file ``content``.
        limit: Bytes the file may have at most.

    Raises:
        RequestRefused: 415 for what is no form, 400 where it cannot be read or there is no file in it, 413 for a file
            that is too large, which is read no further.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise RequestRefused(415, "send the file as multipart/form-data, in the field file")
    too_large = RequestRefused(413, f"the file has more than {limit / 1_000_000:g} MB", where="file")
    bounded = Request(request.scope, _bounded(request.receive, limit + _AROUND, too_large))
    try:
        async with bounded.form(max_files=1, max_fields=_FIELDS, max_part_size=_AROUND) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise RequestRefused(400, "there is no file in the field file", where="file")
            if (file.size or 0) > limit:
                raise too_large
            path = folder / "content"
            await in_thread(_copy, file, path)
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            return UploadedFile(path, file.filename or "", file.content_type or "", fields)
    except HTTPException as error:  # what Starlette makes of a form that its parser refuses
        raise RequestRefused(400, f"the form cannot be read: {error.detail}") from None


def _copy(file: UploadFile, path: Path) -> None:
    with path.open("wb") as target:
        while chunk := file.file.read(_CHUNK):
            target.write(chunk)


def _bounded(receive: Receive, limit: int, too_large: RequestRefused) -> Receive:
    """Return a ``receive`` that raises ``too_large`` once the body is larger than ``limit`` bytes."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise too_large
        return message

    return bounded
