"""Which of a message's files are to be added and which to be removed, for platforms that edit both."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.model import OutgoingFile


class FileChanges(NamedTuple):
    """What makes the files that stand with a message those that are wanted."""

    kept: dict[str, str]
    """Keys of files that stay, by the platform's ids."""
    gone: list[str]
    """The platform's ids of files that are no longer wanted."""
    missing: list[OutgoingFile]


def file_changes(there: Mapping[str, str], wanted: Sequence[OutgoingFile]) -> FileChanges:
    """Compare the files that stand (``OutgoingFile.key`` by the platform's id; empty where that is not known)
    with those that shall.

    Files are counted, so two of one name and content are two files. A receipt of an earlier version of the gateway
    knows only names: a name then stands for a file of that name.
    """
    left = dict(there)
    kept: dict[str, str] = {}
    missing: list[OutgoingFile] = []
    for file in wanted:
        found = next((id for id, key in left.items() if key in (file.key, file.name)), None)
        if found is None:
            missing.append(file)
        else:
            kept[found] = file.key
            del left[found]
    return FileChanges(kept={id: kept[id] for id in there if id in kept}, gone=list(left), missing=missing)
