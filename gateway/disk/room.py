"""Full disks: how to tell one, and what to say to whoever has to make room."""

import contextlib
import errno
import shutil
from pathlib import Path

LITTLE = 1_000_000
"""Free bytes with which nothing can be begun."""


def is_full(error: OSError) -> bool:
    """Whether the error is that the disk is full, or the quota used up."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def has_no_room(path: Path) -> bool:
    """Whether the disk of ``path`` (which need not exist) has next to nothing left."""
    with contextlib.suppress(OSError):
        return shutil.disk_usage(_existing(path)).free < LITTLE
    return False


def make_room(path: Path) -> str:
    """The fix, naming the disk of ``path``."""
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
