"""Checks the keys of objects, and maps them to names of files that every disk takes."""

import re
from posixpath import splitext

KEY_BYTES = 1_024
"""Bytes of a key in UTF-8 at most (S3, Google Cloud Storage and Azure Blob Storage all take so many)."""
_PIECE_BYTES = 200
"""Bytes of a file's name at most; common file systems take 255."""
_ENDING_BYTES = 20
"""Bytes of a file name's ending (``.tar.gz`` has 7) at most that is kept when the name is cut."""
_CONTINUED = "%+"
"""The end of a folder's name that is only the beginning of a longer name."""
_REFUSED = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
"""Characters that no key has: control characters, and the backslash, of which Azure makes a slash."""


def check_key(key: str) -> str:
    """Return the key. Raises ``ValueError`` for one that no storage takes, or that would be a path out of it."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise ValueError(f"the key {key!a} has half of a surrogate pair in it") from None
    if not key or size > KEY_BYTES:
        raise ValueError(f"a key has 1 to {KEY_BYTES} bytes, not {size}")
    if _REFUSED.search(key):
        raise ValueError(f"the key {key!a} has a control character or a backslash in it")
    if any(name in ("", ".", "..") for name in key.split("/")):
        raise ValueError(f"the key {key!r} has an empty name, '.' or '..' in it")
    return key


def clean_key(key: str) -> str:
    """Return a key that ``check_key`` takes, the same where it does already: a character or a name that is refused
    becomes ``_``, and the last name is cut, its ending included, where the key is too long."""
    text = _REFUSED.sub("_", key.encode("utf-8", "replace").decode())
    clean = "/".join("_" if name in ("", ".", "..") else name for name in text.split("/"))
    size = len(clean.encode())
    if size <= KEY_BYTES:
        return clean
    stem, ending = splitext(clean)
    ending = ending if len(ending.encode()) <= _ENDING_BYTES else ""
    kept = stem.encode()[: KEY_BYTES - len(ending.encode())].decode("utf-8", "ignore")
    return clean_key(kept.rstrip("/") + ending)


def check_prefix(prefix: str) -> str:
    """Return the prefix without a slash at its end. Raises ``ValueError`` for one that no key can begin with."""
    return check_key(prefix.removesuffix("/")) if prefix else ""


def file_path(key: str) -> str:
    """Return the path of the file in which a folder keeps the object of this key; ``key_of`` is its inverse.

    A long name goes on in a file below a folder that ends with ``%+``. Names do not begin with a dot, so that they are
    never ``..`` nor hidden, and have no ``#`` in them, which obstore uses for files being written.
    """
    return "/".join(_file_name(name) for name in key.split("/"))


def key_of(path: str) -> str:
    """Return the key of the object that is kept in the file at this path."""
    whole = path.replace(f"{_CONTINUED}/", "")
    return whole.replace("%2E", ".").replace("%23", "#").replace("%25", "%")


def _file_name(name: str) -> str:
    pieces: list[str] = []
    piece, size = "", 0
    for each in name:
        escaped = _escaped(each, first=not piece)
        if size + len(escaped.encode()) > _PIECE_BYTES:
            pieces.append(piece)
            piece, size = "", 0
            escaped = _escaped(each, first=True)
        piece += escaped
        size += len(escaped.encode())
    return f"{_CONTINUED}/".join([*pieces, piece])


def _escaped(character: str, *, first: bool) -> str:
    if character in "%#" or (first and character == "."):
        return f"%{ord(character):02X}"
    return character
