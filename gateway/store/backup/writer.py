"""Writes the tar file of a backup, one member at a time."""

import io
import tarfile
from datetime import UTC, datetime
from typing import BinaryIO, cast

from pydantic import BaseModel

from gateway.store.backup.form import CHUNK, END, Archive, End, Sum


class _Summed(io.RawIOBase):
    """A file that is added up as it is read."""

    def __init__(self, file: BinaryIO, sum: Sum) -> None:
        self._file = file
        self._sum = sum

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._file.read(size)
        self._sum.add(chunk)
        return chunk


class Writer:
    """Writes the members of a backup into a file that is open.

    Args:
        out: The file, empty.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._tar = Archive(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, copybufsize=CHUNK)
        self._time = int(datetime.now(UTC).timestamp())
        self.sum = Sum()

    def add(self, name: str, size: int, file: BinaryIO) -> None:
        """Write a member. Raises ``OSError`` when the file has fewer bytes than ``size``.

        Args:
            name: The member's name.
            size: The bytes of its content.
            file: Where the content is read from.
        """
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self._time
        self.sum.begin(name, size)
        self._tar.addfile(info, cast(BinaryIO, _Summed(file, self.sum)))
        self._tar.members.clear()  # they would take a kilobyte each

    def add_text(self, name: str, text: BaseModel) -> None:
        """Write a small member of JSON.

        Args:
            name: The member's name.
            text: What it says.
        """
        content = text.model_dump_json().encode()
        self.add(name, len(content), io.BytesIO(content))

    def finish(self) -> End:
        """Write the last member and the end of the archive."""
        end = self.sum.end()
        self.add_text(END, end)
        self._tar.close()
        return end
