"""Serves files by signed links: those held for platforms, and the blobs of the gateway's own store."""

import mimetypes
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gateway.data import BaseDataLayer
from gateway.data.storage_clients.local import LocalStorageClient
from gateway.http.links import FileLinks
from gateway.http.vault import BlobFileVault
from gateway.ports import Blobs

log = structlog.get_logger(__name__)

OWN = "blobs"
"""The name in links of the gateway's own blob store."""
_MIME = re.compile(r'[\w.+-]+/[\w.+-][\w.+;= "-]*', re.ASCII)
_REFUSALS = {
    "incomplete": (403, "This link is not complete."),
    "foreign": (403, "This link is not one of ours."),
    "expired": (410, "This link has expired: ask the bot for the file again."),
}


class FileServer:
    """Serves held files at ``/files/{id}`` and blobs at ``/files/{store}/{key}``, each to whoever has a signed link
    that has not expired. They are streamed by the gateway: the links of a cloud would name its bucket."""

    def __init__(self, links: FileLinks, vault: BlobFileVault, blobs: Blobs) -> None:
        self.links = links
        """What signs the links."""
        self._vault = vault
        self._stores: dict[str, Blobs] = {OWN: blobs}

    def routes(self) -> list[BaseRoute]:
        """Return the routes below ``/files`` that serve held files and contents of the blob stores."""
        return [
            Route("/files/{id}", self._serve_held, methods=["GET"]),
            Route("/files/{store}/{key:path}", self._serve_blob, methods=["GET"]),
        ]

    def blob_url(self, key: str, *, seconds: float) -> str | None:
        """Return a link to a blob of the gateway's own store; None when the gateway's own address is not known.

        Args:
            key: The key of the blob, which is not looked up.
            seconds: How long the link works, 7 days at most.
        """
        return self.links.url(f"{OWN}/{key}", seconds=seconds)

    def serve_storage_of(self, layer: BaseDataLayer) -> None:
        """Serve the folder into which a data layer puts contents, if it is one of this machine."""
        client = getattr(layer, "storage_provider", None)  # a layer of a bot's own need not have one
        if isinstance(client, LocalStorageClient):
            self.serve(client)

    def serve(self, client: LocalStorageClient) -> None:
        """Serve the folder of a storage client, and let the client's addresses be links to it. Raises ``OSError`` when
        the folder cannot be made.

        Args:
            client: The client. The path of its folder decides which links lead there, so that they go on working
                after a restart.
        """
        name = self.links.digest("folder", str(client.folder))[:16]
        self._stores[name] = client.bucket
        client.link_with(lambda key, seconds: self.links.url(f"{name}/{key}", seconds=seconds))

    async def _serve_held(self, request: Request) -> Response:
        id = request.path_params["id"]
        if (refusal := self._refusal(request, id)) is not None:
            return refusal
        try:
            file = await self._vault.find_linked(id)
            if file is None:
                return _refused("expired")
            return await _download(request, file.read(), name=file.name, mime=file.mime, size=file.size)
        except OSError as error:
            return _unavailable(error, id)

    async def _serve_blob(self, request: Request) -> Response:
        store, key = request.path_params["store"], request.path_params["key"]
        if (refusal := self._refusal(request, f"{store}/{key}")) is not None:
            return refusal
        blobs = self._stores.get(store)
        if blobs is None:
            return _refused("expired")
        try:
            blob = await blobs.read(key)
        except (FileNotFoundError, ValueError):
            return _refused("expired")
        except OSError as error:
            return _unavailable(error, key)
        name = key.rpartition("/")[2]
        mime = mimetypes.guess_type(name)[0] or ""
        return await _download(request, blob.chunks, name=name, mime=mime, size=blob.info.size)

    def _refusal(self, request: Request, path: str) -> Response | None:
        given = request.query_params
        state = self.links.state(path, until=given.get("until", ""), signature=given.get("signature", ""))
        return None if state == "good" else _refused(state)


async def _download(request: Request, chunks: AsyncIterator[bytes], *, name: str, mime: str, size: int) -> Response:
    """Return the answer with a file: as a download, never as a page of this site, because it may contain anything."""
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name.encode('utf-8', 'replace'), safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "private",
    }
    media = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    if request.method == "HEAD":
        return Response(headers=headers, media_type=media)
    first = await anext(chunks, b"")  # a storage that fails shall fail before the answer has begun
    return StreamingResponse(_chained(first, chunks), headers=headers, media_type=media)


async def _chained(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def _refused(state: str) -> Response:
    status, text = _REFUSALS[state]
    return PlainTextResponse(text, status)


def _unavailable(error: OSError, what: str) -> Response:
    log.warning("files.not_readable", file=what, error=str(error)[:300])
    return PlainTextResponse("The file cannot be read now: try again in a minute.", 503, headers={"Retry-After": "60"})
