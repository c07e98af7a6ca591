"""Files, both ways: names and bytes exact, bounded, and no credentials for strangers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from gateway.egress import Sender
from gateway.emulators.common.listener import Listener
from gateway.errors import PlatformError, Rejected, TooLarge
from gateway.model import (
    ConversationRef,
    FromBytes,
    FromPath,
    Outgoing,
    OutgoingFile,
    Receipt,
    RemoteFile,
    from_json,
    to_json,
)
from tests.contract.harness import AdapterHarness, HouseContract
from tests.contract.world import File

ALL_BYTES = bytes(range(256))


class Stranger:
    """A host that is not the platform's; it records what it is asked and with which headers."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.url = ""

    async def hear(self, request: web.BaseRequest) -> web.Response:
        self.heard.append(f"{request.path_qs} {dict(request.headers)}")
        return web.Response(body=b"stranger")


def outgoing(name: str, data: bytes, mime: str = "application/octet-stream") -> OutgoingFile:
    return OutgoingFile(name=name, mime=mime, source=FromBytes(data=data))


def picture_or_file(name: str, data: bytes) -> OutgoingFile:
    """Return the file as which an element of this name is sent."""
    if name.endswith(".png"):
        return OutgoingFile(kind="image", name=name, mime="image/png", source=FromBytes(data=data))
    return outgoing(name, data)


class FileContract(HouseContract):
    """Checks files in both directions; ``AdapterContract`` includes it."""

    @pytest.fixture
    async def stranger(self) -> AsyncIterator[Stranger]:
        stranger = Stranger()
        listener = Listener(stranger.hear)
        stranger.url = await listener.open("127.0.0.1", 0)
        yield stranger
        await listener.close()

    # In

    async def received(self, harness: AdapterHarness, *files: File, text: str = "see") -> list[RemoteFile]:
        event = await harness.take(await harness.world.dm(text, files=files))
        assert event.text == text
        return list(event.files)

    async def test_what_a_user_attaches_arrives_whole(self, harness: AdapterHarness) -> None:
        sent = [
            File("ä b.txt", b"caf\xc3\xa9", "text/plain"),
            File("b.bin", ALL_BYTES * 1_000),
            File("p.html", b"<p>mine</p>", "text/html"),
        ]
        files = await self.received(harness, *sent)
        assert [file.name for file in files] == [file.name for file in sent]
        assert [file.size for file in files if file.size is not None] in ([], [len(file.data) for file in sent])
        # It was stored as JSON: what is downloaded after a restart is the same.
        stored = [from_json(RemoteFile, to_json(file)) for file in files]
        assert [await harness.collect(file) for file in stored] == [file.data for file in sent]

    async def test_a_message_may_be_nothing_but_a_file(self, harness: AdapterHarness) -> None:
        [file] = await self.received(harness, File("cat.png", b"\x89PNG", "image/png"), text="")
        assert (file.name, file.mime) == ("cat.png", "image/png")
        assert await harness.collect(file) == b"\x89PNG"

    async def test_a_download_ends_at_the_limit_whatever_size_was_promised(self, harness: AdapterHarness) -> None:
        [file] = await self.received(harness, File("big.bin", ALL_BYTES * 1_000))
        for promised in (file, replace(file, size=None), replace(file, size=1)):
            with pytest.raises(TooLarge, match=r"0\.1 MB"):
                await harness.collect(promised, limit=100_000)
        assert len(await harness.collect(file, limit=256_000)) == 256_000

    async def test_credentials_go_to_no_other_host(self, harness: AdapterHarness, stranger: Stranger) -> None:
        [file] = await self.received(harness, File("a.txt", b"mine"))
        elsewhere = replace(file, url=f"{stranger.url}/a.txt")
        try:
            await harness.collect(elsewhere)
        except PlatformError:
            assert stranger.heard == []
        secrets = [value for name, value in harness.world.environment().items() if not name.endswith("URL")]
        for request in stranger.heard:
            assert "authorization" not in request.lower()
            assert not any(secret in request for secret in secrets)
        for url in ("file:///etc/passwd", "ftp://files.example/x", "no address at all"):
            with pytest.raises(PlatformError):
                await harness.collect(replace(file, url=url))

    # Out

    async def given(self, harness: AdapterHarness, message: Outgoing, *, key: str = "k") -> list[File]:
        """Send files to Ada directly, and return what she has of them."""
        post, ref = await harness.dm()
        await harness.adapter.send(ref, message, key=key)
        return await harness.world.files(post.place)

    async def test_files_arrive_with_their_names_and_bytes(self, harness: AdapterHarness, tmp_path: Path) -> None:
        path = tmp_path / "on disk.bin"
        path.write_bytes(ALL_BYTES * 2_000)
        files = (
            outgoing("ä b.txt", b"bytes", "text/plain"),
            OutgoingFile(name="disk.bin", source=FromPath(path=path)),
            outgoing("empty line.csv", b"\n", "text/csv"),
        )
        for post, ref in (await harness.dm(), await harness.mention()):
            sent = await harness.adapter.send(ref, Outgoing(text="see", files=files), key="k")
            got = await harness.world.files(post.place)
            assert [(file.name, file.data) for file in got] == [
                ("ä b.txt", b"bytes"),
                ("disk.bin", ALL_BYTES * 2_000),
                ("empty line.csv", b"\n"),
            ]
            [text] = [message for message in harness.said(post) if message.text.startswith("see")]
            assert text.id == sent.id

    async def test_a_file_that_is_not_there_is_refused(self, harness: AdapterHarness, tmp_path: Path) -> None:
        _, ref = await harness.dm()
        missing = OutgoingFile(name="gone.txt", source=FromPath(path=tmp_path / "gone.txt"))
        with pytest.raises(Rejected, match=r"gone\.txt"):
            await harness.adapter.send(ref, Outgoing(files=(missing,)), key="k")

    async def test_files_alone_need_no_text(self, harness: AdapterHarness) -> None:
        got = await self.given(harness, Outgoing(files=(outgoing("a.bin", ALL_BYTES),)))
        assert [(file.name, file.data) for file in got] == [("a.bin", ALL_BYTES)]

    async def test_as_many_files_as_it_claims(self, harness: AdapterHarness) -> None:
        count = harness.adapter.capabilities.files_per_message
        files = tuple(outgoing(f"{n}.txt", str(n).encode()) for n in range(count))
        got = await self.given(harness, Outgoing(text="all", files=files))
        assert {(file.name, file.data) for file in got} == {
            (file.name, str(n).encode()) for n, file in enumerate(files)
        }

    async def test_an_edit_adds_the_files_that_are_not_there_yet(self, harness: AdapterHarness) -> None:
        post, ref = await harness.dm()
        first, second = outgoing("1.txt", b"one"), outgoing("2.txt", b"two")
        sent = await harness.adapter.send(ref, Outgoing(text="see", files=(first,)), key="k")
        await harness.adapter.edit(sent, Outgoing(text="see both", files=(first, second)))
        assert [(file.name, file.data) for file in await harness.world.files(post.place)] == [
            ("1.txt", b"one"),
            ("2.txt", b"two"),
        ]
        assert [message.text for message in harness.said(post) if message.text.startswith("see")] == ["see both"]

    async def put(
        self, harness: AdapterHarness, to: ConversationRef, message: Outgoing, existing: Sequence[Receipt] = ()
    ) -> tuple[Receipt, ...]:
        """Send a message as a handler's goes, through the ``Sender``, and return its receipts as they read after a
        restart."""
        sender = Sender({harness.world.name: harness.adapter})
        receipts = await sender.put(to, message, key="k", existing=existing)
        return tuple(from_json(Receipt, to_json(receipt)) for receipt in receipts)

    @pytest.mark.parametrize("name", ["chart.png", "table.csv"])
    @pytest.mark.parametrize("text", ["see", ""])
    async def test_a_new_file_of_the_same_name_replaces_the_old_one(
        self, harness: AdapterHarness, name: str, text: str
    ) -> None:
        for post, ref in (await harness.dm(), await harness.mention()):
            sent: tuple[Receipt, ...] = ()
            for data in (b"one", b"two", b"three"):
                sent = await self.put(harness, ref, Outgoing(text=text, files=(picture_or_file(name, data),)), sent)
            # Only now: what a person took over (Teams asks for consent) is theirs, and not replaced any more.
            assert [(file.name, file.data) for file in await harness.world.files(post.place)] == [(name, b"three")]

    async def test_two_files_of_one_name_are_two_files(self, harness: AdapterHarness) -> None:
        post, ref = await harness.dm()
        files = tuple(picture_or_file("page.png", data) for data in (b"1", b"2", b"2"))
        sent = await self.put(harness, ref, Outgoing(text="see", files=files[:1]))
        sent = await self.put(harness, ref, Outgoing(text="see all", files=files), sent)
        assert [file.data for file in await harness.world.files(post.place)] == [b"1", b"2", b"2"]
        await self.put(harness, ref, Outgoing(text="see the last", files=files[1:2]), sent)
        assert [file.data for file in await harness.world.files(post.place)] == [b"2"]

    async def test_a_file_that_did_not_change_is_not_given_again(self, harness: AdapterHarness) -> None:
        post, ref = await harness.dm()
        files = (outgoing("a.txt", b"a"), picture_or_file("b.png", b"b"))
        sent = await self.put(harness, ref, Outgoing(text="v1", files=files))
        calls = harness.world.calls("upload") - harness.world.calls("edit")
        again = await self.put(harness, ref, Outgoing(text="v2", files=files), sent)
        assert [each.data for each in again] == [each.data for each in sent]
        if harness.world.name != "discord":  # there files travel inside the message, and an edit is not a send
            assert harness.world.calls("upload") - harness.world.calls("edit") <= calls
        assert len(await harness.world.files(post.place)) == 2

    async def test_an_edit_can_leave_the_files_as_they_are(self, harness: AdapterHarness) -> None:
        for post, ref in (await harness.dm(), await harness.mention()):
            files = (outgoing("a.txt", b"a"), picture_or_file("b.png", b"b"))
            sent = await self.put(harness, ref, Outgoing(text="v1", files=files))
            posted = tuple(replace(file, source=FromBytes(data=b"")) for file in files)
            sent = await self.put(harness, ref, Outgoing(text="v2", files=posted, keeps_files=True), sent)
            sent = await self.put(harness, ref, Outgoing(text="v3", keeps_files=True), sent)
            got = await harness.world.files(post.place)
            assert sorted((file.name, file.data) for file in got) == [("a.txt", b"a"), ("b.png", b"b")]

    async def test_an_edit_without_files_takes_them_away(self, harness: AdapterHarness) -> None:
        for post, ref in (await harness.dm(), await harness.mention()):
            files = (outgoing("a.txt", b"a"), picture_or_file("b.png", b"b"))
            sent = await self.put(harness, ref, Outgoing(text="v1", files=files))
            await self.put(harness, ref, Outgoing(text="v2"), sent)
            assert await harness.world.files(post.place) == []
            assert [each.text for each in harness.said(post)] == ["v2"]

    @pytest.mark.parametrize("names", [["a.txt"], ["chart.png"], [f"{n}.txt" for n in range(6)]])
    async def test_files_without_words_arrive_although_answers_are_rated(
        self, harness: AdapterHarness, names: list[str]
    ) -> None:
        for post, ref in (await harness.dm(), await harness.mention()):
            files = tuple(picture_or_file(name, name.encode()) for name in names)
            await self.put(harness, ref, Outgoing(files=files, feedback="m"))
            assert sorted(file.name for file in await harness.world.files(post.place)) == names

    async def test_deleting_a_message_takes_its_files_along(self, harness: AdapterHarness) -> None:
        for text in ("see", ""):
            post, ref = await harness.mention()
            sent = await harness.adapter.send(ref, Outgoing(text=text, files=(outgoing("a.txt", b"a"),)), key="k")
            await harness.adapter.delete(sent)
            assert harness.said(post) == []
