"""Measures the memory that ``gateway data export`` takes, by how much it exports."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.history import databases
from benchmarks.server import ROOT
from gateway.runtime.seals import Seals
from gateway.store import open_store

STEPS = 20
"""Steps of each thread."""


async def peak_mb(threads: int) -> float:
    """Return the peak of the resident memory, in MiB, of the export of a person with that many threads."""
    async with databases.sqlite() as url:
        await databases.fill(url, threads=threads, steps=STEPS)
        store = open_store(url)
        await store.open()
        await Seals().open(store)  # as a gateway has that ran on it
        await store.close()
        return await asyncio.to_thread(_export, url, Path(url.removeprefix("sqlite:///")).parent)


def _export(url: str, folder: Path) -> float:
    arguments = ("-m", "gateway.cli", "data", "export", "--user", databases.PERSON, str(folder / "out.jsonl"))
    environment = {"DATABASE_URL": url, "GATEWAY_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"]} | environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the export ended with status {process.returncode}")
    return usage.ru_maxrss / 1024
