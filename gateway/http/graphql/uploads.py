"""Uploads of the client: it asks for an address, and sends the file there as a form."""

import hmac
import re
import tempfile
import time
import uuid
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.adapter import receive_upload
from gateway.errors import RequestRefused, TooLarge
from gateway.http.api.parts import ApiParts
from gateway.model.media import media_type
from gateway.runtime.contents import key_of

PATH = "/api/upload/file"
RECEIVES = "/api/upload/content"
WORKS_FOR = 3_600
"""Seconds for which an address takes its file."""
_UNFILED = "unfiled"
"""What stands for the thread of a file that was uploaded for none."""
_MIME = re.compile(r"[\w.+-]{1,127}/[\w.+-]{1,127}", re.ASCII)


def belongs_to(thread: str, key: str) -> bool:
    """Return whether a content was uploaded for a thread, or for none in particular.

    Args:
        thread: The id of the thread.
        key: The key of the content among the blobs.
    """
    folders = {key_of(each, "x", "x").rsplit("/", 2)[0] for each in (thread, _UNFILED)}
    return key.count("/") == 3 and key.rsplit("/", 2)[0] in folders


class Wanted(BaseModel):
    """What a program says of a file that it wants to upload."""

    fileName: Annotated[str, Field(min_length=1, max_length=500)]
    contentType: Annotated[str, Field(max_length=255)] | None = None
    threadId: Annotated[str, Field(max_length=200)] | None = None


def prepared(parts: ApiParts, request: Request, body: object) -> Response:
    """Answer where a file goes, and the address at which it can be read afterwards. Raises ``RequestRefused``: 400 for
    a body that says no file, 415 for what is no media type.

    Args:
        parts: The objects of the API.
        request: The request, whose own address stands in where the gateway's is not known.
        body: Its JSON.
    """
    try:
        wanted = Wanted.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"])
        raise RequestRefused(400, f"{where or 'the body'}: {first['msg']}", where=where or None) from None
    if not _MIME.fullmatch(media_type(wanted.fileName, wanted.contentType or "")):
        raise RequestRefused(415, "contentType is no media type", where="contentType")
    # The client gives each file an id as its name: a file that is sent again replaces itself.
    file = str(uuid.uuid5(uuid.NAMESPACE_OID, f"upload {wanted.fileName}"))
    key = key_of(wanted.threadId or _UNFILED, file if wanted.threadId else str(uuid.uuid4()), wanted.fileName)
    until = int(time.time()) + WORKS_FOR
    base = (parts.public_url or str(request.base_url)).rstrip("/")
    address = f"{base}{RECEIVES}?key={quote(key, safe='')}&until={until}&signature={_signature(parts, key, until)}"
    target = {"url": address, "headers": {}, "fields": {"key": key}, "uploadType": "multipart"}
    return JSONResponse({"post": target, "signedUrl": parts.link(key)})


async def received(parts: ApiParts, request: Request) -> Response:
    """Keep the file of a form that was sent to an address of ``prepared``. Raises ``RequestRefused``: 403 for an
    address that is none or has expired, and for another key than the address's, 400 without a file, 413 for one that is
    too large, 415 for what is no form."""
    given = request.query_params
    key, until = given.get("key", ""), given.get("until", "")
    if not (until.isascii() and until.isdigit() and len(until) < 16):
        raise RequestRefused(403, "this upload address is not complete")
    if not hmac.compare_digest(given.get("signature", "").encode(), _signature(parts, key, int(until)).encode()):
        raise RequestRefused(403, "this upload address is none of ours: ask for another one")
    if time.time() > int(until):
        raise RequestRefused(403, "this upload address has expired: ask for another one")
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        file = await receive_upload(request, Path(folder), limit=parts.max_file_bytes)
        if file.fields.get("key", key) != key:
            raise RequestRefused(403, "this upload address is for another key")
        try:
            await parts.blobs.put(key, file.path, mime=file.mime)
        except TooLarge as error:  # the disk is full
            raise RequestRefused(413, str(error)) from None
    return Response(status_code=204)


def _signature(parts: ApiParts, key: str, until: int) -> str:
    return parts.links.digest("upload", key, str(until))
