"""Makes folders and files that only the gateway's own user can read, because people wrote their contents in private."""

import os
from pathlib import Path
from typing import BinaryIO


def make_folder(folder: Path) -> None:
    """Create the folder and its missing parents, readable by the owner alone (mode 0700). Raises ``OSError``."""
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        try:
            os.mkdir(each, 0o700)
        except FileExistsError:
            if not each.is_dir():
                raise


def create(path: Path) -> BinaryIO:
    """Return a new file open for writing, readable by the owner alone (mode 0600), in the place of whatever was there.
    A symbolic link is replaced, not followed. Raises ``OSError``."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return open(descriptor, "wb")
