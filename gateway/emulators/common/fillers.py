"""Bytes in the place of a file's own: of its size, and beginning like a file of its type."""

import struct
import zlib

MAX_FILLER = 100_000_000
"""Bytes of the largest filler."""

_HEADS = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
    "image/gif": b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
    "application/pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "application/zip": b"PK\x05\x06" + bytes(18),
    "audio/mpeg": b"ID3\x04\x00\x00\x00\x00\x00\x00",
    "audio/ogg": b"OggS\x00\x02",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
}


def filler(mime: str, size: int) -> bytes:
    """Return ``size`` bytes that begin like a file of this media type: a picture of one pixel, a line of text. A size
    below that of the beginning cuts it off."""
    size = max(0, min(size, MAX_FILLER))
    head = _pixel() if mime == "image/png" else _HEADS.get(mime, b"")
    blank = b" " if mime.startswith("text/") or mime == "application/json" else b"\0"
    return (head + blank * (size - len(head)))[:size]


def _pixel() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\x80\x80\x80")) + chunk(b"IEND", b"")
