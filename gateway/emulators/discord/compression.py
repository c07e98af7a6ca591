"""Compresses a connection's frames as its client asked: with zlib, or with Zstandard where that library is there."""

import zlib
from collections.abc import Callable
from typing import Any

Compress = Callable[[bytes], bytes]
"""Returns a frame as the next part of a connection's compressed stream."""


def compressing(name: str) -> Compress | None:
    """Return what compresses the frames of one connection; None where they are sent as they are.

    Args:
        name: The ``compress`` of the client's address: ``zlib-stream``, ``zstd-stream`` or something else.
    """
    match name:
        case "zlib-stream":
            deflate = zlib.compressobj()
            return lambda data: deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
        case "zstd-stream":
            return _zstandard()
        case _:
            return None


def _zstandard() -> Compress | None:
    try:
        import zstandard  # with which discord.py asks for such a stream by itself
    except ImportError:
        return None
    library: Any = zstandard
    stream = library.ZstdCompressor().compressobj()
    return lambda data: stream.compress(data) + stream.flush(library.COMPRESSOBJ_FLUSH_BLOCK)
