"""Folders and files that nobody but the gateway's own user can read: what is in them people wrote in private."""

import os
from pathlib import Path
from typing import BinaryIO


def make_folder(folder: Path) -> None:
    """Create the folder and those above it that are missing, for the owner alone (0700)."""
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        try:
            os.mkdir(each, 0o700)
        except FileExistsError:
            if not each.is_dir():
                raise


def create(path: Path) -> BinaryIO:
    """Open a file to be written, for the owner alone (0600), whatever stood there. Never through a symbolic link."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return open(descriptor, "wb")
