"""Checks a bot's file and the files beside it that it imports."""

import io
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.checking.findings import Finding, check
from gateway.errors import SettingsError

LARGEST = 5_000_000
"""Bytes of the largest file that is read: people write none of that size."""


class Checked(NamedTuple):
    """One file, with what becomes of its uses of the API."""

    path: Path
    findings: Sequence[Finding]


def check_files(bot: Path) -> Sequence[Checked]:
    """Check a bot's file and, in the order they are imported, the files beside it. Raises ``SettingsError``, with what
    to mend, for a file that cannot be read."""
    found: dict[Path, Checked] = {}
    waiting = [bot]
    while waiting:
        path = waiting.pop(0)
        if path in found:
            continue
        findings, imports = _check(path)
        found[path] = Checked(path, findings)
        for name in sorted(imports):
            waiting += _files_of(name, path.parent, bot.parent)
    return tuple(found.values())


def _check(path: Path) -> tuple[Sequence[Finding], frozenset[str]]:
    try:
        return check(_read(path), str(path))
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise SettingsError(f"{path} is not Python that can be read: {error.msg}{line}") from None


def _read(path: Path) -> str:
    if not path.is_file():
        raise SettingsError(f"there is no file at {path}: check the path")
    try:
        if path.stat().st_size > LARGEST:
            raise SettingsError(f"{path} is larger than {LARGEST // 1_000_000} MB: give the bot's own Python file")
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (UnicodeDecodeError, SyntaxError):
        raise SettingsError(
            f"{path} is not UTF-8 text: save it as UTF-8, or name its encoding in the first line (# coding: latin-1)"
        ) from None


def _files_of(name: str, own: Path, root: Path) -> Iterator[Path]:
    """Yield the files that an import reads, packages on the way to a module included: ``root`` is the folder of the
    bot, ``own`` that of the file with the import, which dots in front of the name begin at."""
    dots = len(name) - len(name.lstrip("."))
    folder = own if dots else root
    for _ in range(dots - 1):
        folder = folder.parent
    for part in filter(None, name.lstrip(".").split(".")):
        file, package = folder / f"{part}.py", folder / part / "__init__.py"
        if package.is_file():
            yield package
        elif file.is_file():
            yield file
            return
        folder = folder / part
