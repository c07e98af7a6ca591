"""Files that people upload: taken from whoever may, held for their bot, and shown without danger."""

import asyncio
from typing import Any

import httpx
import pytest

import gateway as cl
from adapters.chatkit.attachments import safe_name
from tests.chatkit import oracle
from tests.chatkit.client import Client, bearer, connected
from tests.chatkit.conftest import Serve

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
ALLOWED: dict[str, Any] = {"file_upload": {"enabled": True, "max_file_size": 1, "max_files": 3}}


def reader() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        said = []
        for element in message.elements:
            with open(element.path or "", "rb") as file:
                said.append(f"{element.name} {element.mime} {len(file.read())}")
        await cl.Message("; ".join(said) or "no files").send()


async def upload(client: Client, name: str, data: bytes, mime: str = "application/octet-stream") -> httpx.Response:
    return await client.http.post(
        "/v1/chatkit/files", files={"file": (name, data, mime)}, headers=bearer(client.secret)
    )


async def test_uploaded_files_reach_the_bot_as_elements(serve: Serve) -> None:
    async with serve(reader) as url, connected(url, chatkit_configuration=ALLOWED) as client:
        picture, notes = await upload(client, "a.png", PNG), await upload(client, "notes.md", b"# hello")
        oracle.check_attachment(picture.json())
        oracle.check_attachment(notes.json())
        assert (picture.json()["type"], picture.json()["mime_type"]) == ("image", "image/png")
        assert (notes.json()["type"], notes.json()["mime_type"]) == ("file", "text/markdown")
        shown = await client.http.get(picture.json()["preview_url"])
        assert (shown.content, shown.headers["x-content-type-options"]) == (PNG, "nosniff")
        ids = [picture.json()["id"], notes.json()["id"], picture.json()["id"]]
        thread = await client.send("read", attachments=ids)
        assert thread.said == ["a.png image/png 108; notes.md text/markdown 7"]
        again = await client.send("read", thread, attachments=ids[:1])
        assert again.said[-1] == "a.png image/png 108"
        assert (await client.ask("items.list", thread_id=thread.id)).json()["data"]


async def test_a_file_of_somebody_else_is_not_there(serve: Serve) -> None:
    async with (
        serve(reader) as url,
        connected(url, chatkit_configuration=ALLOWED) as ada,
        connected(url, "bob", chatkit_configuration=ALLOWED) as bob,
    ):
        id = (await upload(ada, "a.txt", b"mine")).json()["id"]
        for unknown in (id, "file_unknown"):
            with pytest.raises(httpx.HTTPStatusError) as refused:
                await bob.send("read", attachments=[unknown])
            assert refused.value.response.status_code == 404


async def test_uploads_that_cannot_be_are_refused(serve: Serve) -> None:
    async with serve(reader) as url, connected(url) as off:
        assert (await upload(off, "a.txt", b"x")).status_code == 403
        async with connected(url, chatkit_configuration=ALLOWED) as client:
            too_large = await upload(client, "a.bin", b"x" * 1_000_001)
            much_too_large = await upload(client, "a.bin", b"x" * 3_000_000)
            assert (too_large.status_code, much_too_large.status_code) == (413, 413)
            no_form = await client.http.post("/v1/chatkit/files", content=b"x", headers=bearer(client.secret))
            assert no_form.status_code == 415
            no_file = await client.http.post(
                "/v1/chatkit/files", files={"other": ("a.txt", b"x")}, headers=bearer(client.secret)
            )
            assert no_file.status_code == 400
            broken = await client.http.post(
                "/v1/chatkit/files",
                content=b"--x\r\nContent-Disposition: form-data\r\n",
                headers={**bearer(client.secret), "Content-Type": "multipart/form-data; boundary=y"},
            )
            assert broken.status_code == 400
            assert [(await upload(client, "a.txt", b"x")).status_code for _ in range(4)] == [200, 200, 200, 400]
            for answer in (too_large, no_form, no_file, broken):
                assert answer.json()["error"]["message"]
        assert (await off.http.post("/v1/chatkit/files", files={"file": ("a", b"x")})).status_code == 401


async def test_uploads_at_the_same_time_are_counted_together(serve: Serve) -> None:
    async with serve(reader) as url, connected(url, chatkit_configuration=ALLOWED) as client:
        answers = await asyncio.gather(*(upload(client, "a.txt", b"x" * 100_000) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [400] * 5
        assert (await upload(client, "a.txt", b"x")).status_code == 400


@pytest.mark.parametrize(
    ("stated", "mime"),
    [
        ("text/plain; charset=utf-8", "text/plain"),
        ("application/octet-stream", "application/pdf"),
        ("x" * 3_000 + "/y", "application/pdf"),
        ("no type", "application/pdf"),
        ("text/<b>", "application/pdf"),
    ],
)
async def test_media_types_are_those_stated_or_else_of_the_name(serve: Serve, stated: str, mime: str) -> None:
    async with serve(reader) as url, connected(url, chatkit_configuration=ALLOWED) as client:
        assert (await upload(client, "a.pdf", b"", stated)).json()["mime_type"] == mime


async def test_what_a_browser_would_run_is_never_shown(serve: Serve) -> None:
    async with serve(reader) as url, connected(url, chatkit_configuration=ALLOWED) as client:
        drawing = await upload(client, "a.svg", b"<svg onload='x()'/>", "image/svg+xml")
        page = await upload(client, "a.html", b"<script>x()</script>", "text/html")
        assert [each.json()["type"] for each in (drawing, page)] == ["file", "file"]
        assert all("preview_url" not in each.json() for each in (drawing, page))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\secrets\\a.txt", "a.txt"),
        ("a\r\nb\x00.txt", "a b .txt"),
        ("", "file"),
        ("..", "file"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
)
def test_names_of_files_are_names(given: str, name: str) -> None:
    assert safe_name(given) == name
