"""Which of the files that come with a person's message are taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model import RemoteFile, accepts


@dataclass(frozen=True)
class FileRules:
    """What an operator takes of the files that people attach to their messages.

    Args:
        most: How many files of one message; 0 for none, None for all.
        accept: Media types (``image/*``) and endings (``.csv``); empty for every kind.
    """

    most: int | None = None
    accept: Sequence[str] = ()

    def sorted(self, files: Sequence[RemoteFile]) -> tuple[list[RemoteFile], list[str]]:
        """Return the files that are taken, and a sentence for the person about each reason why others are not.

        Args:
            files: The files of one message.
        """
        if self.most == 0:
            return [], ["Files are not taken here."] if files else []
        problems: list[str] = []
        taken: list[RemoteFile] = []
        for file in files:
            if not accepts(file.name, file.mime, self.accept):
                problems.append(f"{file.name} is not taken here: please send {', '.join(self.accept)}.")
            else:
                taken.append(file)
        if self.most is not None and len(taken) > self.most:
            problems.append(f"Of one message {self.most} file(s) are taken: the others were left out.")
            taken = taken[: self.most]
        return taken, problems
