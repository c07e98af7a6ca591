"""Fuzzing that coverage guides (atheris), of everything that reads what somebody else wrote: ``make fuzz``.

    python -m tests.fuzz.guided --seconds 600 slack

atheris keeps inputs that reach code none reached before, and changes those. The tests do without it: ``pip install
"bot-gateway[fuzz]"`` brings it, where there is a wheel of it (Linux on x86-64).
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
READERS: Mapping[str, str] = {
    "slack": "tests.fuzz.readers:slack",
    "discord": "tests.fuzz.readers:discord",
    "teams": "tests.fuzz.readers:teams",
    "markdown": "tests.fuzz.readers:markdown",
    "json": "tests.fuzz.readers:json_bytes",
}
"""What can be fuzzed: the place of a function that makes the reader, whose exceptions are findings."""


class Steered:
    """Choices that are read from the bytes atheris steers."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def below(self, count: int) -> int:
        """Return a number from 0 to ``count - 1``."""
        found: int = self._provider.ConsumeIntInRange(0, count - 1)
        return found

    def rest(self) -> bytes:
        """Return all bytes that are left."""
        found: bytes = self._provider.ConsumeBytes(self._provider.remaining_bytes())
        return found


def fuzz_one(name: str, arguments: list[str]) -> None:
    """Fuzz one reader in this process until libFuzzer ends it."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["adapters", "gateway.markdown"]):
        module, _, function = READERS[name].partition(":")
        read: Callable[[Steered], None] = getattr(importlib.import_module(module), function)()

    def test(data: bytes) -> None:
        read(Steered(atheris.FuzzedDataProvider(data)))

    atheris.Setup([sys.argv[0], *arguments], test)
    atheris.Fuzz()


def main() -> None:
    """Fuzz the named readers, or all, one after the other in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", help=f"some of {', '.join(READERS)}; all by default")
    parser.add_argument("--seconds", type=int, default=300, help="how long for each")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    names = given.readers or list(READERS)
    if unknown := set(names) - READERS.keys():
        parser.error(f"there is no reader {', '.join(unknown)}; there are {', '.join(READERS)}")
    if find_spec("atheris") is None:
        sys.stdout.write('atheris is not installed (pip install "bot-gateway[fuzz]"): only hypothesis has fuzzed\n')
        return
    if given.here:
        fuzz_one(names[0], [f"-max_total_time={given.seconds}", "-rss_limit_mb=1500", "-max_len=4096", "-timeout=20"])
        return
    failed = [name for name in names if not _fuzzed(name, given.seconds)]
    if failed:
        sys.exit(f"found something in: {', '.join(failed)}; the input is named above")


def _fuzzed(name: str, seconds: int) -> bool:
    """Fuzz a reader in a process of its own, which ends it in time, or with what it found."""
    sys.stdout.write(f"==> {name}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.fuzz.guided", "--here", "--seconds", str(seconds), name]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        found = subprocess.run(command, cwd=folder, env=environment, check=False)
    return found.returncode == 0


if __name__ == "__main__":
    main()
