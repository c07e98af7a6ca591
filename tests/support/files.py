"""Files held in a folder, and a server of them, without a gateway around."""

from pathlib import Path

from gateway.bootstrap import FileParts
from gateway.disk import Quota
from gateway.http.files import FileServer
from gateway.http.links import FileLinks
from gateway.http.vault import BlobFileVault
from gateway.runtime.seals import Seals
from gateway.store.blobs import open_blobs


def files_in(
    folder: Path, *, public_url: str | None, quota: Quota | None = None, signing_key: bytes = b"k" * 32
) -> FileParts:
    """Return the parts that keep files in this folder."""
    blobs = open_blobs(None, folder=folder)
    links = FileLinks(key=lambda: signing_key, public_url=public_url)
    vault = BlobFileVault(blobs, links, quota=quota)
    return FileParts(blobs, vault, FileServer(links, vault, blobs), Seals())
