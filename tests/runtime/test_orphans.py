"""Contents that nothing refers to are deleted once they are old."""

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

from structlog.testing import capture_logs

from gateway.object_storage import Folder
from gateway.runtime.orphans import AT_ONCE, OLD, Orphans

COUNT = 2 * AT_ONCE + 3


async def put(storage: Folder, key: str, *, age: float = 2 * OLD) -> None:
    """Put a content that looks as old as that, in seconds."""
    await storage.put(key, b"x")
    at = time.time() - age
    os.utime(storage.path / key, (at, at))


def looking(storage: Folder, needed: Callable[[str], bool]) -> Orphans:
    async def referenced(keys: Collection[str]) -> Collection[str]:
        assert 0 <= len(keys) <= AT_ONCE
        return {key for key in keys if needed(key)}

    return Orphans(storage, referenced=referenced)


async def test_orphans_go_and_the_rest_stays(tmp_path: Path) -> None:
    storage = Folder(tmp_path)
    for number in range(COUNT):
        await put(storage, f"elements/thread/{number}/a.txt")
    await put(storage, "elements/thread/new/a.txt", age=OLD - 60)
    await put(storage, "held/thread/a.txt")  # what is held for platforms is none of an element's
    orphans = looking(storage, lambda key: key.split("/")[2].endswith("5"))
    with capture_logs() as logs:
        await orphans.prune()
        await orphans.prune()
    needed = {f"elements/thread/{number}/a.txt" for number in range(COUNT) if number % 10 == 5}
    left = {info.key async for info in storage.list()}
    assert left == {*needed, "elements/thread/new/a.txt", "held/thread/a.txt"}
    assert [(each["event"], each["count"]) for each in logs] == [("contents.orphans_removed", COUNT - len(needed))]


async def test_a_storage_that_fails_is_told(tmp_path: Path) -> None:
    storage = Folder(tmp_path / "blobs")
    (tmp_path / "blobs" / "elements").symlink_to(tmp_path / "blobs" / "elements")  # nobody can look into it
    with capture_logs() as logs:
        await looking(storage, lambda key: True).prune()
    assert [each["event"] for each in logs] == ["contents.orphans_left"]
