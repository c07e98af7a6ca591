"""Held files over HTTP: whoever has a good link gets the bytes, nobody else gets anything."""

import asyncio
import errno
import os
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from gateway.bootstrap import FileParts
from gateway.errors import TooLarge
from gateway.http import vault as vault_module
from gateway.http.links import FileLinks
from gateway.http.vault import BlobFileVault
from gateway.model import FromBytes, FromPath, FromUrl, OutgoingFile
from gateway.ports import Blob
from tests.support.files import files_in

PAGE = OutgoingFile(name="a page.html", mime="text/html", source=FromBytes(data=b"<script>alert(1)</script>"))


@pytest.fixture
def parts(tmp_path: Path) -> FileParts:
    return files_in(tmp_path / "blobs", public_url="https://bot.example/")


@pytest.fixture
def folder(parts: FileParts) -> BlobFileVault:
    return parts.vault


def client(parts: FileParts) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=parts.server.routes()))
    return httpx.AsyncClient(transport=transport, base_url="https://bot.example")


async def test_a_link_gives_the_file_as_a_download(parts: FileParts, folder: BlobFileVault) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=60)
    assert link is not None
    async with client(parts) as http:
        answer = await http.get(link)
    assert (answer.status_code, answer.content) == (200, b"<script>alert(1)</script>")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "a%20page.html" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"


async def test_a_link_goes_on_working_after_a_restart(folder: BlobFileVault, tmp_path: Path) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=60)
    assert link is not None
    async with client(files_in(tmp_path / "blobs", public_url=None)) as http:
        assert (await http.get(link)).status_code == 200


async def test_a_head_request_is_told_the_size_without_the_content(parts: FileParts, folder: BlobFileVault) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=60)
    assert link is not None
    async with client(parts) as http:
        answer = await http.head(link)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "25", b"")


async def test_a_file_that_was_described_badly_is_unknown(parts: FileParts, folder: BlobFileVault) -> None:
    id = await folder.hold(PAGE, key="k")
    await parts.blobs.put(f"held/{id}/about", b'{"name":"a pa')
    assert await folder.find(id) is None


async def test_a_large_file_is_given_in_pieces_and_whole(parts: FileParts, folder: BlobFileVault) -> None:
    data = bytes(range(256)) * 40_000
    link = folder.link(await folder.hold(OutgoingFile(name="b", source=FromBytes(data=data)), key="k"), seconds=60)
    assert link is not None
    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Message:
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await never  # the client stays

    url = urlsplit(link)
    scope = {"type": "http", "method": "GET", "path": url.path, "query_string": url.query.encode(), "headers": []}
    await Starlette(routes=parts.server.routes())(scope, receive, send)
    assert b"".join(sent) == data
    assert max(len(piece) for piece in sent) < len(data) / 5


async def test_an_empty_file_and_a_type_that_is_none(parts: FileParts, folder: BlobFileVault) -> None:
    file = OutgoingFile(name='日本 "x".txt', mime="text/html\r\nSet-Cookie: x", source=FromBytes(data=b""))
    link = folder.link(await folder.hold(file, key="k"), seconds=60)
    assert link is not None
    async with client(parts) as http:
        answer = await http.get(link)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in answer.headers
    assert "%E6%97%A5%E6%9C%AC%20%22x%22.txt" in answer.headers["content-disposition"]


async def test_a_storage_that_fails_is_said_to_fail(
    parts: FileParts, folder: BlobFileVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=60)
    assert link is not None

    async def away(key: str) -> Blob:
        raise OSError("the bucket is away")

    monkeypatch.setattr(parts.blobs, "read", away)
    async with client(parts) as http:
        answer = await http.get(link)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "bucket" not in answer.text


@pytest.mark.parametrize("part", ["id", "until", "signature"])
async def test_a_changed_link_is_refused(parts: FileParts, folder: BlobFileVault, part: str) -> None:
    id = await folder.hold(PAGE, key="k")
    other = await folder.hold(PAGE, key="other")
    link = folder.link(id, seconds=60)
    assert link is not None
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    if part == "id":
        id = other
    else:
        query[part] = query[part][:-1] + ("1" if query[part][-1] != "1" else "2")
    async with client(parts) as http:
        assert (await http.get(f"/files/{id}", params=query)).status_code == 403


@pytest.mark.parametrize("query", ["", "until=1", "until=x&signature=y", "until=²&signature=y", "until=1&signature=ü"])
async def test_a_link_that_is_not_whole_is_refused(parts: FileParts, folder: BlobFileVault, query: str) -> None:
    id = await folder.hold(PAGE, key="k")
    async with client(parts) as http:
        assert (await http.get(f"/files/{id}?{query}")).status_code == 403


async def test_a_link_expires(parts: FileParts, folder: BlobFileVault) -> None:
    link = folder.link(await folder.hold(PAGE, key="k"), seconds=-1)
    assert link is not None
    async with client(parts) as http:
        answer = await http.get(link)
    assert (answer.status_code, "expired" in answer.text) == (410, True)


async def test_a_dropped_file_is_gone(parts: FileParts, folder: BlobFileVault) -> None:
    id = await folder.hold(PAGE, key="k")
    link = folder.link(id, seconds=60)
    assert link is not None
    await folder.drop(id)
    assert await folder.find(id) is None
    async with client(parts) as http:
        assert (await http.get(link)).status_code == 410


async def test_the_same_key_and_name_are_the_same_file(folder: BlobFileVault, tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_bytes(b"from disk")
    file = OutgoingFile(name="b.txt", mime="text/plain", source=FromPath(path=path))
    id, again = await folder.hold(file, key="k"), await folder.hold(file, key="k")
    other = await folder.hold(PAGE, key="k")
    found = await folder.find(id)
    assert id == again != other
    assert found is not None
    assert (found.name, found.mime, found.size) == ("b.txt", "text/plain", 9)
    path.unlink()
    assert [chunk async for chunk in found.read()] == [b"from disk"]


@pytest.mark.parametrize("id", ["", "..", "../held", "x" * 32 + "/..", "é" * 32, "about"])
async def test_an_id_is_never_a_path(folder: BlobFileVault, id: str) -> None:
    await folder.hold(PAGE, key="k")
    assert await folder.find(id) is None


async def test_an_id_cannot_be_worked_out_elsewhere(folder: BlobFileVault, tmp_path: Path) -> None:
    other = files_in(tmp_path / "other", public_url=None, signing_key=b"o" * 32).vault
    assert await folder.hold(PAGE, key="k") != await other.hold(PAGE, key="k")


async def test_without_an_address_of_its_own_there_is_no_link(tmp_path: Path) -> None:
    parts = files_in(tmp_path, public_url=None)
    assert parts.vault.link(await parts.vault.hold(PAGE, key="k"), seconds=60) is None
    assert parts.server.blob_url("key", seconds=60) is None


async def test_what_is_elsewhere_is_not_held(folder: BlobFileVault) -> None:
    with pytest.raises(ValueError, match="need not be held"):
        await folder.hold(OutgoingFile(name="x", source=FromUrl(url="https://example.com/x")), key="k")


async def test_files_are_forgotten_after_their_time(
    parts: FileParts, folder: BlobFileVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await folder.hold(PAGE, key="k")
    await folder.prune()
    assert await folder.find(id) is not None
    monkeypatch.setattr(vault_module, "KEPT_FOR", -1.0)
    await folder.prune()
    assert await folder.find(id) is None
    assert [info async for info in parts.blobs.list()] == []


async def test_a_file_is_found_only_from_the_conversation_it_is_held_for(folder: BlobFileVault) -> None:
    id = await folder.hold(PAGE, key="k", conversation="teams:t:a")
    assert await folder.hold(PAGE, key="k", conversation="teams:t:b") != id
    found = await folder.find(id, conversation="teams:t:a")
    assert found is not None
    assert found.name == "a page.html"
    assert await folder.find(id, conversation="teams:t:b") is None
    assert await folder.find(id) is None
    await folder.drop(id)
    assert await folder.find(id, conversation="teams:t:a") is None


async def test_a_file_that_is_held_again_in_vain_stays_as_it_was(
    folder: BlobFileVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "b.txt"
    path.write_bytes(b"first")
    file = OutgoingFile(name="b.txt", source=FromPath(path=path))
    id = await folder.hold(file, key="k")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TooLarge, match=r"b\.txt cannot be held: .*make room on the disk"):
            await folder.hold(file, key="k")
    found = await folder.find(id)
    assert found is not None
    assert [chunk async for chunk in found.read()] == [b"first"]


async def test_all_files_of_a_conversation_are_forgotten_and_no_others(parts: FileParts, folder: BlobFileVault) -> None:
    whose = ("teams:t:a", "teams:t:a", "teams:t:a 29:ada")
    theirs = [await folder.hold(PAGE, key=str(n), conversation=each) for n, each in enumerate(whose)]
    other = await folder.hold(PAGE, key="k", conversation="teams:t:ab")
    await folder.forget("teams:t:a")
    assert [await folder.find(id, conversation=each) for id, each in zip(theirs, whose, strict=True)] == [None] * 3
    assert await folder.find(other, conversation="teams:t:ab") is not None
    assert {info.key.split("/")[1] async for info in parts.blobs.list()} == {other}


async def test_what_an_earlier_version_held_is_removed_after_its_time(tmp_path: Path) -> None:
    former = tmp_path / "held"
    (former / ("ab" * 16)).mkdir(parents=True)
    (former / "link.key").write_bytes(b"k" * 32)
    parts = files_in(tmp_path / "blobs", public_url=None)
    vault = BlobFileVault(parts.blobs, FileLinks(key=lambda: b"k" * 32, public_url=None), former=former)
    await vault.prune()
    assert former.is_dir()
    for path in former.iterdir():
        os.utime(path, (time.time() - 8 * 86_400,) * 2)
    await vault.prune()
    assert not former.exists()


# Blobs by link


async def test_a_link_to_a_blob_gives_it_as_a_download(parts: FileParts) -> None:
    key = "user/thread/a b%2Fc#1 日本.png"
    await parts.blobs.put(key, b"picture")
    link = parts.server.blob_url(key, seconds=60)
    assert link is not None
    assert link.startswith("https://bot.example/files/blobs/user/thread/")
    async with client(parts) as http:
        answer = await http.get(link)
    assert (answer.status_code, answer.content) == (200, b"picture")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''a%20b%252Fc%231%20")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["other", "blobs/a/c", "blobs/a/b/", "blobs/a/%2e%2e/a/b", "blobs//a/b", "else/a/b"])
async def test_a_blobs_link_opens_nothing_else(parts: FileParts, path: str) -> None:
    for key in ("a/b", "a/c", "other"):
        await parts.blobs.put(key, b"x")
    link = parts.server.blob_url("a/b", seconds=60)
    assert link is not None
    async with client(parts) as http:
        answer = await http.get(httpx.URL(link).copy_with(raw_path=f"/files/{path}?{urlsplit(link).query}".encode()))
    assert answer.status_code == 403


async def test_a_blob_that_is_gone_is_said_to_be_gone(parts: FileParts) -> None:
    await parts.blobs.put("a/b", b"x")
    link, expired = (parts.server.blob_url("a/b", seconds=seconds) for seconds in (60, -1))
    assert link is not None
    assert expired is not None
    async with client(parts) as http:
        assert (await http.get(expired)).status_code == 410
        await parts.blobs.delete(["a/b"])
        assert (await http.get(link)).status_code == 410
