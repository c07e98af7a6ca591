"""Ids of what a turn makes: the same when it runs again, and in the order of time."""

import hashlib

_TIME_BITS = 48
_VERSION = 0x8 << 76
_VARIANT = 0x2 << 62
_REST = (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)


def timed_id(at: float, meaning: str) -> str:
    """Return a UUID (version 8, RFC 9562) that begins with a time and goes on with a digest of what it stands for.

    Ids that are made one after the other lie side by side in a database's indexes. Random ones are spread over all
    pages, which made the history of an event cost half as much again.

    ``at`` is in seconds since the epoch; its milliseconds are part of the id.
    """
    digest = hashlib.blake2b(meaning.encode("utf-8", "surrogatepass"), digest_size=10).digest()
    time = int(at * 1000) & ((1 << _TIME_BITS) - 1)
    text = f"{time << 80 | _VERSION | _VARIANT | int.from_bytes(digest) & _REST:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
