"""Held files over HTTP: whoever has a good link gets the bytes, nobody else gets anything."""

import asyncio
import hashlib
import hmac
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from gateway.http import files
from gateway.http.files import DiskFileVault
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile

PAGE = OutgoingFile(name="a page.html", mime="text/html", source=FromBytes(data=b"<script>alert(1)</script>"))


@pytest.fixture
def folder(tmp_path: Path) -> DiskFileVault:
    return DiskFileVault(tmp_path / "held", public_url="https://bot.example/")


def client(folder: DiskFileVault) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=[folder.route()]))
    return httpx.AsyncClient(transport=transport, base_url="https://bot.example")


async def test_a_link_gives_the_file_as_a_download(folder: DiskFileVault) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=60)
    assert link is not None
    async with client(folder) as http:
        answer = await http.get(link)
    assert (answer.status_code, answer.content) == (200, b"<script>alert(1)</script>")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "a%20page.html" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"


async def test_a_link_goes_on_working_after_a_restart(folder: DiskFileVault, tmp_path: Path) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=60)
    assert link is not None
    async with client(DiskFileVault(tmp_path / "held", public_url=None)) as http:
        assert (await http.get(link)).status_code == 200


async def test_a_key_the_full_disk_cut_off_signs_nothing(folder: DiskFileVault, tmp_path: Path) -> None:
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "link.key").touch()
    id = await folder.hold(PAGE, key="k")
    until = int(time.time() + 60)
    guessed = hmac.new(b"", f"{id}/{until}".encode(), hashlib.sha256).hexdigest()
    async with client(folder) as http:
        assert (await http.get(f"/files/{id}?until={until}&signature={guessed}")).status_code == 403
        good = folder.link(id, seconds=60)
        assert good is not None
        assert (await http.get(good)).status_code == 200
    assert (tmp_path / "held" / "link.key").stat().st_mode & 0o777 == 0o600


async def test_a_file_the_full_disk_cut_off_is_unknown(folder: DiskFileVault, tmp_path: Path) -> None:
    id = await folder.hold(PAGE, key="k")
    (tmp_path / "held" / id / "about.json").write_bytes(b'{"name":"a pa')
    assert await folder.find(id) is None


@pytest.mark.parametrize("part", ["id", "until", "signature"])
async def test_a_changed_link_is_refused(folder: DiskFileVault, part: str) -> None:
    id = await folder.hold(PAGE, key="k")
    other = await folder.hold(PAGE, key="other")
    link = folder.link(id, seconds=60)
    assert link is not None
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    if part == "id":
        id = other
    else:
        query[part] = query[part][:-1] + ("1" if query[part][-1] != "1" else "2")
    async with client(folder) as http:
        assert (await http.get(f"/files/{id}", params=query)).status_code == 403


@pytest.mark.parametrize("query", ["", "until=1", "until=x&signature=y", "until=²&signature=y", "until=1&signature=ü"])
async def test_a_link_that_is_not_whole_is_refused(folder: DiskFileVault, query: str) -> None:
    id = await folder.hold(PAGE, key="k")
    async with client(folder) as http:
        assert (await http.get(f"/files/{id}?{query}")).status_code == 403


async def test_a_link_expires(folder: DiskFileVault) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=-1)
    assert link is not None
    async with client(folder) as http:
        answer = await http.get(link)
    assert (answer.status_code, "expired" in answer.text) == (410, True)


async def test_a_dropped_file_is_gone(folder: DiskFileVault) -> None:
    id = await folder.hold(PAGE, key="k")
    link = folder.link(id, seconds=60)
    assert link is not None
    await folder.drop(id)
    assert await folder.find(id) is None
    async with client(folder) as http:
        assert (await http.get(link)).status_code == 410


async def test_the_same_key_and_name_are_the_same_file(folder: DiskFileVault, tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_bytes(b"from disk")
    file = OutgoingFile(name="b.txt", mime="text/plain", source=FromPath(path=path))
    id, again = await folder.hold(file, key="k"), await folder.hold(file, key="k")
    other = await folder.hold(PAGE, key="k")
    found = await folder.find(id)
    assert id == again != other
    assert found is not None
    assert (found.name, found.mime, found.size) == ("b.txt", "text/plain", 9)
    assert await asyncio.to_thread(found.path.read_bytes) == b"from disk"


@pytest.mark.parametrize("id", ["", "..", "../held", "x" * 32 + "/..", "é" * 32, "link.key"])
async def test_an_id_is_never_a_path(folder: DiskFileVault, id: str) -> None:
    await folder.hold(PAGE, key="k")
    assert await folder.find(id) is None


async def test_an_id_cannot_be_worked_out_elsewhere(folder: DiskFileVault, tmp_path: Path) -> None:
    other = DiskFileVault(tmp_path / "other", public_url=None)
    assert await folder.hold(PAGE, key="k") != await other.hold(PAGE, key="k")


async def test_without_an_address_of_its_own_there_is_no_link(tmp_path: Path) -> None:
    folder = DiskFileVault(tmp_path, public_url=None)
    assert folder.link(await folder.hold(PAGE, key="k"), seconds=60) is None


async def test_what_is_elsewhere_is_not_held(folder: DiskFileVault) -> None:
    with pytest.raises(ValueError, match="need not be held"):
        await folder.hold(OutgoingFile(name="x", source=FromUrl(url="https://example.com/x")), key="k")


async def test_files_are_forgotten_after_their_time(folder: DiskFileVault, monkeypatch: pytest.MonkeyPatch) -> None:
    id = await folder.hold(PAGE, key="k")
    await folder.prune()
    assert await folder.find(id) is not None
    monkeypatch.setattr(files, "KEPT_FOR", -1.0)
    await folder.prune()
    assert await folder.find(id) is None
    assert folder.link(id, seconds=60)  # and the key of the links is still there


async def test_a_file_is_found_only_from_the_conversation_it_is_held_for(folder: DiskFileVault) -> None:
    id = await folder.hold(PAGE, key="k", conversation="teams:t:a")
    assert await folder.hold(PAGE, key="k", conversation="teams:t:b") != id
    found = await folder.find(id, conversation="teams:t:a")
    assert found is not None
    assert found.name == "a page.html"
    assert await folder.find(id, conversation="teams:t:b") is None
    assert await folder.find(id) is None
    await folder.drop(id)
    assert await folder.find(id, conversation="teams:t:a") is None
