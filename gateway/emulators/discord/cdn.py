"""Uploaded files: how they are stored, their signed links under ``/cdn/``, and what the links answer.

A link works without a token and for a day: https://docs.discord.com/developers/reference#signed-attachment-cdn-urls.
"""

import hmac
import mimetypes
import re
import secrets
import struct
import time
import unicodedata
import zlib
from hashlib import sha256
from urllib.parse import unquote

from aiohttp import web

from gateway.emulators.discord.images import size_of
from gateway.emulators.discord.state import File
from gateway.emulators.discord.world import World

LINK_SECONDS = 24 * 3600
"""Seconds a signed link works (Discord's reference, signed attachment CDN URLs)."""
_UNKNOWN = "application/octet-stream"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]")


def stored_name(name: str) -> str:
    """Return the name a file is stored under: ASCII letters, digits, ``.``, ``-`` and ``_``, with underscores for
    blanks.

    This follows discord/discord-api-docs#7754. The file's title keeps the original name.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("", "_".join(plain.replace("/", " ").replace("\\", " ").split())).strip("._")


def new_file(world: World, channel_id: str, name: str, content: bytes, content_type: str) -> File:
    """Store a file and return it. It is not part of a message yet."""
    filename = stored_name(name)
    if not filename.rpartition(".")[0]:  # nothing of the name was left
        filename = f"{secrets.token_hex(8)}.{filename}".rstrip(".") if filename else secrets.token_hex(8)
    size = size_of(content)
    file = File(
        id=world.ids.next(),
        channel_id=channel_id,
        filename=filename,
        content_type=_media_type(filename, content_type),
        size=len(content),
        content=content,
        title=name.rpartition(".")[0] or name if filename != name else None,
        width=size[0] if size else None,
        height=size[1] if size else None,
        spoiler=filename.startswith("SPOILER_"),
    )
    world.add_file(file)
    return file


def link(world: World, file: File, *, at: float | None = None) -> str:
    """Return a file's signed link, valid for a day from now or from ``at`` (seconds since the epoch, for a stale
    link)."""
    issued = int(time.time() if at is None else at)
    folder = "ephemeral-attachments" if file.ephemeral else "attachments"
    path = f"/cdn/{folder}/{file.channel_id}/{file.id}/{file.filename}"
    expires = f"{issued + LINK_SECONDS:x}"
    return f"{world.base}{path}?ex={expires}&is={issued:x}&hm={_signature(world, path, expires)}&"


def serve(world: World, request: web.BaseRequest) -> web.Response:
    """Answer a request under ``/cdn/``."""
    if request.method not in ("GET", "HEAD"):
        return web.Response(status=405)
    parts = request.path.split("/")
    if parts[2:3] == ["avatars"] and len(parts) == 5 and parts[3] in world.users:
        return web.Response(body=_avatar(parts[3]), content_type="image/png")
    file = world.files.get(parts[4]) if len(parts) == 6 else None
    expires = request.query.get("ex", "")
    signed = hmac.compare_digest(request.query.get("hm", ""), _signature(world, unquote(request.path), expires))
    if file is None or file.content is None or not signed or int(expires, 16) < time.time():
        return web.Response(status=404, text="This content is no longer available.")
    return web.Response(body=file.content, headers={"Content-Type": file.content_type or _UNKNOWN})


def _media_type(filename: str, given: str) -> str:
    """Return the media type Discord gives a file: guessed from its name if the sender gave none, with a charset for
    text."""
    kind = given.partition(";")[0].strip()
    if kind in ("", _UNKNOWN):
        kind = mimetypes.guess_type(filename)[0] or _UNKNOWN
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _signature(world: World, path: str, expires: str) -> str:
    return hmac.new(world.cdn_key, f"{path}?{expires}".encode(), sha256).hexdigest()


def _avatar(user_id: str) -> bytes:
    """Return a PNG of one pixel in the user's own colour."""
    red, green, blue = sha256(user_id.encode()).digest()[:3]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(bytes((0, red, green, blue))))
    return b"\x89PNG\r\n\x1a\n" + head + pixel + chunk(b"IEND", b"")
