"""Contents of elements on their way into the blob store: what is copied, what is not copied twice, what gets lost."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.disk import has_spare_room
from gateway.model import ElementDict
from gateway.object_storage import Folder
from gateway.ports import Blobs
from gateway.runtime.contents import IN_MEMORY, WAITING, Content, Contents, key_of

LIMIT = 10 * IN_MEMORY
ODD = ("a/b\\c.txt", "\x00\x1f.txt", "\ud83d", "..", ".", "", " . ", "😀" * 500 + ".tar.gz", "a." + "b" * 500, "é.é")


class Storage(Folder):
    """A folder that counts what is put into it, and holds up what it is told to; it can refuse to sign, as a cloud."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[str] = []
        self.held: set[str] = set()
        self.reached = asyncio.Event()
        self.refuses_to_sign = False

    async def sign(self, key: str, *, seconds: float) -> str | None:
        if self.refuses_to_sign:
            raise PermissionError("these credentials cannot sign")
        return await super().sign(key, seconds=seconds)

    async def put(self, key: str, source: Any, **options: Any) -> int:
        self.asked.append(key)
        if key in self.held:
            self.reached.set()
            await asyncio.Event().wait()
        return await super().put(key, source, **options)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "blobs")


async def stored(storage: Blobs, key: str) -> bytes:
    return b"".join([chunk async for chunk in (await storage.read(key)).chunks])


def content(source: bytes | Path, name: str = "a.txt", mime: str = "text/plain") -> Content:
    return Content(source, name, mime)


@pytest.mark.parametrize("name", ODD)
async def test_whatever_a_file_is_called_its_content_is_kept(storage: Storage, name: str) -> None:
    turn = Contents(storage, limit=LIMIT).begin()
    for thread in ("thread", f"../{name}"):
        key = key_of(thread, name, name)
        assert key == key_of(thread, name, name) and key.count("/") == 3
        data = thread.encode(errors="replace")
        assert await turn.put(key, content(data, name, mime="no\r\nmime: x"), owner="ada") == key
        assert await turn.settle() == set()
        assert await stored(storage, key) == data
    assert key_of("t", "e", "photo.tar.gz") == "elements/t/e/photo.tar.gz"


@pytest.mark.parametrize("size", [0, 10, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY])
async def test_a_file_may_go_as_soon_as_it_was_taken(storage: Storage, tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * size)
    turn = Contents(storage, limit=LIMIT).begin()
    assert await turn.put("k", content(path), owner="ada") == "k"
    path.unlink()
    assert await turn.settle() == set()
    assert await stored(storage, "k") == b"x" * size


async def test_what_cannot_be_read_or_is_too_large_has_no_key(storage: Storage, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 2_001)
    turn = Contents(storage, limit=2_000).begin()
    for source in (tmp_path / "missing", tmp_path, large, large.read_bytes(), tmp_path / "nul\x00"):
        assert await turn.put("k", content(source), owner="ada") is None
    assert await turn.settle() == set() and storage.asked == []


async def test_the_same_content_is_copied_once(storage: Storage, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * (IN_MEMORY + 1))
    contents = Contents(storage, limit=LIMIT)
    for source in (b"same", large):
        storage.asked.clear()
        one = contents.begin()
        keys = [await one.put(f"{len(str(source))}/{n}", content(source), owner="ada") for n in range(3)]
        assert await one.settle() == set()
        later = contents.begin()
        keys.append(await later.put("other", content(source), owner="ada"))
        assert await later.settle() == set()
        assert len(set(keys)) == 1 and storage.asked == keys[:1]
        # Somebody else's is another one, whatever is in it: one of them may be erased.
        assert await later.put("bob", content(source), owner="bob") == "bob"
        assert await later.put("name", content(source, "b.txt"), owner="ada") == "name"
        assert await later.settle() == set()


async def test_what_changes_is_copied_again_under_its_key(storage: Storage, tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = Contents(storage, limit=LIMIT)
    turn = contents.begin()
    for text in (b"one", b"two", b"one"):
        path.write_bytes(text)
        assert await turn.put("k", content(path), owner="ada") == "k"
    assert await turn.settle() == set()
    assert await stored(storage, "k") == b"one"
    later = contents.begin()
    assert await later.put("k", content(b"three"), owner="ada") == "k"
    assert await later.put("l", content(b"one"), owner="ada") == "l"  # no longer what is under "k"
    assert await later.settle() == set()
    assert (await stored(storage, "k"), await stored(storage, "l")) == (b"three", b"one")


async def test_what_several_elements_have_is_not_replaced(storage: Storage) -> None:
    contents = Contents(storage, limit=LIMIT)
    turn = contents.begin()
    assert await turn.put("e/1/a.txt", content(b"one"), owner="ada") == "e/1/a.txt"
    assert await turn.put("e/2/a.txt", content(b"one"), owner="ada") == "e/1/a.txt"
    keys = [await turn.put("e/1/a.txt", content(b"two"), owner="ada")]
    assert await turn.settle() == set()
    keys.append(await contents.begin().put("e/1/a.txt", content(b"two"), owner="ada"))
    assert len(set(keys)) == 1 and keys[0] is not None and keys[0] != "e/1/a.txt"
    assert (await stored(storage, "e/1/a.txt"), await stored(storage, keys[0])) == (b"one", b"two")


async def test_a_storage_that_hangs_holds_a_turn_up_for_a_while_only(storage: Storage) -> None:
    storage.held = {"slow"}
    contents = Contents(storage, limit=LIMIT)
    turn = contents.begin()
    await turn.put("quick", content(b"quick"), owner="ada")
    assert await turn.settle() == set()
    await turn.put("slow", content(b"slow"), owner="ada")
    await storage.reached.wait()
    contents.within = 0.01
    with capture_logs() as logs:
        assert await turn.settle() == {"slow"}
        turn.end()
    assert [(each["event"], each["key"]) for each in logs] == [("element.content_not_kept", "slow")]
    # What was not copied is not taken for copied.
    storage.held, contents.within = set(), 20
    again = contents.begin()
    assert await again.put("again", content(b"slow"), owner="ada") == "again"
    assert await again.settle() == set() and await stored(storage, "again") == b"slow"


async def test_what_failed_is_tried_again_when_it_comes_again(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "blobs" / "k").write_text("in the way of a folder")
    turn = Contents(storage, limit=LIMIT).begin()
    assert await turn.put("k/1", content(b"x"), owner="ada") == "k/1"
    assert await turn.settle() == {"k/1"}
    (tmp_path / "blobs" / "k").unlink()
    assert await turn.put("k/1", content(b"x"), owner="ada") == "k/1"
    assert await turn.settle() == set() and await stored(storage, "k/1") == b"x"


async def test_keys_are_held_until_the_turn_ends(storage: Storage) -> None:
    contents = Contents(storage, limit=LIMIT)
    one, two = contents.begin(), contents.begin()
    await one.put("a", content(b"a"), owner="ada")
    await two.put("a", content(b"b"), owner="bob")
    one.later("b", lambda: content(b"b"), owner="ada")
    assert contents.held(["a", "b", "c"]) == {"a", "b"}
    one.end()
    assert contents.held(["a", "b", "c"]) == {"a"}
    two.end()
    assert contents.held(["a", "b", "c"]) == set()


async def test_what_comes_at_the_end_is_what_it_is_then(storage: Storage) -> None:
    state = {"text": b"first"}
    turn = Contents(storage, limit=LIMIT).begin()
    turn.later("k", lambda: content(state["text"]), owner="ada")
    turn.later("l", lambda: content(state["text"]), owner="ada")
    turn.later("broken", lambda: content(state["missing"]), owner="ada")
    state["text"] = b"last"
    assert await turn.settle() == {"broken"}
    assert (await stored(storage, "k"), await stored(storage, "l")) == (b"last", b"last")


async def test_a_turn_waits_when_many_contents_wait(storage: Storage) -> None:
    contents = Contents(storage, limit=LIMIT)
    turn = contents.begin()
    storage.held = {str(number) for number in range(WAITING)}
    for number in range(WAITING):
        assert await turn.put(str(number), content(b"%d" % number), owner="ada") == str(number)
    contents.within = 0.01
    with capture_logs() as logs:
        assert await turn.put("more", content(b"more"), owner="ada") is None
    assert [each["event"] for each in logs] == ["element.content_not_kept"]
    assert await turn.settle() == storage.held
    assert await turn.put("more", content(b"more"), owner="ada") == "more"
    turn.end()


async def test_a_disk_that_is_nearly_full_keeps_its_rest(storage: Storage, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    assert has_spare_room(tmp_path / "not" / "there", 1) is (free > 300_000_000)
    assert not has_spare_room(tmp_path, free)
    turn = Contents(storage, limit=LIMIT, has_room=lambda size: size < 3).begin()
    assert await turn.put("small", content(b"12"), owner="ada") == "small"
    with capture_logs() as logs:
        assert await turn.put("large", content(b"123"), owner="ada") is None
    assert "nearly full" in logs[0]["error"]
    assert await turn.settle() == set() and storage.asked == ["small"]


def listed(*keys: str | None) -> list[ElementDict]:
    return [{"id": str(number), "objectKey": key, "url": "as kept"} for number, key in enumerate(keys)]


async def test_contents_get_an_address_and_nothing_else_does(storage: Storage) -> None:
    contents = Contents(storage, limit=LIMIT, link=lambda key, seconds: f"https://bot.example/{key}?for={seconds:g}")
    elements = listed("elements/t/e/a.txt", "held/secret", None)
    await contents.sign(elements)
    assert [each.get("url") for each in elements] == [
        "https://bot.example/elements/t/e/a.txt?for=3600",
        "as kept",
        "as kept",
    ]
    assert await contents.url("held/secret") is None
    # A folder on a gateway without an address of its own.
    await Contents(storage, limit=LIMIT).sign(elements)
    assert elements[0].get("url") is None


async def test_a_cloud_that_signs_nothing_is_told_once(storage: Storage) -> None:
    elements = listed(*[f"elements/t/{number}/a.txt" for number in range(3)])
    storage.refuses_to_sign = True
    with capture_logs() as logs:
        await Contents(storage, limit=LIMIT).sign(elements)
    assert [each["event"] for each in logs] == ["element.content_not_signed"]
