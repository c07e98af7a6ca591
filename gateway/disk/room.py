"""Recognizes a full disk, and words the advice to whoever has to make room on it."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

LITTLE = 1_000_000
"""Free bytes below which a disk counts as full."""

SPARE = 200_000_000
"""Free bytes that stay for what must not be lost; on a small disk a twentieth of it."""


def is_full(error: OSError) -> bool:
    """Return whether the error says that the disk is full or the user's quota used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def has_no_room(path: Path) -> bool:
    """Return whether the disk of ``path``, which need not exist, has fewer than ``LITTLE`` bytes free."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(_existing(path)).free < LITTLE
    return False


def has_spare_room(path: Path, size: int) -> bool:
    """Return whether the disk of ``path``, which need not exist, has room for so many bytes, and ``SPARE`` beside."""
    with contextlib.suppress(OSError):
        disk = shutil.disk_usage(_existing(path))
        return disk.free - size >= min(SPARE, disk.total // 20)
    return True


def free_bytes(path: Path) -> int:
    """Return the free bytes of the disk of ``path``, which need not exist. Raises ``OSError``."""
    return shutil.disk_usage(_existing(path)).free


def may_write(path: Path) -> bool:
    """Return whether this process may write into the folder ``path``, or make it where it does not exist."""
    folder = path if path.exists() else _existing(path)
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def make_room(path: Path) -> str:
    """Return the advice to make room, naming the disk of ``path`` and its free megabytes."""
    folder = _existing(path)
    disk = folder
    while disk != disk.parent and not disk.is_mount():
        disk = disk.parent
    free = shutil.disk_usage(folder).free / 1e6
    return f"make room on the disk of {disk} ({free:.1f} MB are free)"


def _existing(path: Path) -> Path:
    folder = path.resolve()
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
