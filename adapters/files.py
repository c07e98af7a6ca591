"""Compares the files a posted message has with those it should have, for platforms that add and remove files by an
edit."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.model import OutgoingFile


class FileChanges(NamedTuple):
    """The changes that turn the files of a posted message into the wanted ones."""

    staying: dict[str, str]
    """Keys (``OutgoingFile.key``) of the files that stay, by the platform's file id."""
    gone: list[str]
    """The platform's ids of the files to remove."""
    missing: list[OutgoingFile]
    """The files to add."""


def file_changes(there: Mapping[str, str], wanted: Sequence[OutgoingFile]) -> FileChanges:
    """Compare the files of a posted message (``there``: ``OutgoingFile.key`` by the platform's file id, empty where the
    key is not known) with the wanted ones.

    Files are counted, so two files of the same name and content are two files. A receipt written by an earlier version
    of the gateway knows only names: a name then counts as the key of a file with that name.
    """
    left = dict(there)
    staying: dict[str, str] = {}
    missing: list[OutgoingFile] = []
    for file in wanted:
        found = next((id for id, key in left.items() if key in (file.key, file.name)), None)
        if found is None:
            missing.append(file)
        else:
            staying[found] = file.key
            del left[found]
    return FileChanges(staying={id: staying[id] for id in there if id in staying}, gone=list(left), missing=missing)
