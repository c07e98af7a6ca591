"""Objects in a bucket of a cloud, through obstore: streamed both ways, with errors that Python knows."""

import asyncio
import re
from collections.abc import AsyncIterator, Generator, Iterable
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict, cast
from urllib.parse import quote

import obstore
from obstore import exceptions

from gateway.errors import SettingsError
from gateway.object_storage.keys import check_key, check_prefix
from gateway.object_storage.sources import Counted
from gateway.ports import Blob, BlobInfo, BlobSource

if TYPE_CHECKING:
    from datetime import datetime

    from obstore.store import AzureStore, ClientConfig, GCSStore, LocalStore, RetryConfig, S3Store

    Store = AzureStore | GCSStore | LocalStore | S3Store

CLIENT: "ClientConfig" = {"allow_http": True, "connect_timeout": "10s", "read_timeout": "60s", "timeout": "600s"}
"""How long a request may take: to connect, without a byte of the answer, in all. HTTP without TLS is spoken where an
endpoint with ``http://`` is configured, such as that of a MinIO beside the gateway, and nowhere else."""
RETRY: "RetryConfig" = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
"""How a request that fails in passing is tried again; obstore waits longer each time."""
PART = 5 * 1024 * 1024
"""Bytes of a part of a large upload: the least S3 takes. A smaller content is stored by one request."""
PARTS_AT_ONCE = 4
"""Parts of a large upload that are in memory at the same time."""
DELETIONS_AT_ONCE = 16
"""Objects that are deleted at the same time: not every cloud takes many in one request."""
READ = 256 * 1024
"""Bytes of a chunk at least, but for the last one."""
MAX_SIGNED = 7 * 86_400.0
"""Seconds for which a signed address works at most (S3 and Google Cloud Storage)."""

UNKNOWN = "application/octet-stream"
"""The media type of what has none that can be sent."""
_FILENAME = re.compile(r'filename="([^"]*)"')
_REFUSED = re.compile(r"status code: 4(?!08|29)\d\d")
_PARAMETERS = re.compile(r"(?<=[\w/])\?[^\s\"']+")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")


class _Meta(TypedDict):
    """What obstore says of an object; its own type needs a package that is not installed."""

    path: str
    size: int
    last_modified: "datetime"


class Bucket:
    """Implements ``gateway.ports.Blobs`` on a bucket, or below a prefix of it."""

    def __init__(self, store: "Store", *, name: str) -> None:
        """``name`` is what errors call the bucket."""
        self._store: Any = store
        self._name = name

    async def put(
        self,
        key: str,
        source: BlobSource,
        *,
        mime: str = "application/octet-stream",
        disposition: str | None = None,
        overwrite: bool = True,
        limit: int | None = None,
    ) -> int:
        path = self._path(check_key(key))
        counted = Counted(source, name=key, limit=limit)
        size = await counted.known_size()
        attributes = {"Content-Type": mime if mime.isascii() and mime.isprintable() else UNKNOWN}
        if disposition is not None:
            attributes["Content-Disposition"] = in_ascii(disposition)
        at_once = size is not None and size <= PART
        content: Any = b"".join([each async for each in counted.chunks()]) if at_once else counted.chunks()
        # A large upload has no condition in obstore, so that one that begins meanwhile may win.
        if not overwrite and not at_once and await self.exists(key):
            raise FileExistsError(f"there is an object {key} in {self._name} already")
        with self._translated(key):
            await obstore.put_async(
                self._store,
                path,
                content,
                attributes=cast(Any, attributes),
                mode="create" if not overwrite and at_once else "overwrite",
                use_multipart=not at_once,
                chunk_size=PART,
                max_concurrency=PARTS_AT_ONCE,
            )
        return counted.size

    async def read(self, key: str) -> Blob:
        path = self._path(check_key(key))
        with self._translated(key):
            result = await obstore.get_async(self._store, path)
        meta = cast(_Meta, result.meta)
        info = BlobInfo(key, meta["size"], meta["last_modified"].timestamp())
        return Blob(info, self._chunks(key, result))

    async def _chunks(self, key: str, result: Any) -> AsyncIterator[bytes]:
        with self._translated(key):
            async for chunk in result.stream(min_chunk_size=READ):
                yield bytes(chunk)

    async def delete(self, keys: Iterable[str]) -> None:
        left = [check_key(key) for key in keys]
        while left:
            batch, left = left[:DELETIONS_AT_ONCE], left[DELETIONS_AT_ONCE:]
            results = await asyncio.gather(*map(self._delete, batch), return_exceptions=True)
            for result in results:
                if result is not None and not isinstance(result, FileNotFoundError):
                    raise result

    async def _delete(self, key: str) -> None:
        with self._translated(key):
            await obstore.delete_async(self._store, self._path(key))

    async def list(self, prefix: str = "") -> AsyncIterator[BlobInfo]:
        checked = check_prefix(prefix)
        with self._translated(prefix):
            pages: AsyncIterator[list[_Meta]] = self._store.list(
                self._path(checked) if checked else None, chunk_size=1_000
            )
            async for page in pages:
                for meta in page:
                    key = self._key(meta["path"])
                    if key is not None:
                        yield BlobInfo(key, meta["size"], meta["last_modified"].timestamp())

    async def sign(self, key: str, *, seconds: float) -> str | None:
        path = self._signed_path(check_key(key))
        lasting = timedelta(seconds=int(min(max(seconds, 1.0), MAX_SIGNED)))
        with self._translated(key):
            return await obstore.sign_async(self._store, "GET", path, lasting)

    async def check(self) -> None:
        try:
            async for _ in self.list("check"):
                break
        except OSError as error:
            # A refused listing is a general error in obstore; what the operator has to mend is among the codes 4xx.
            if isinstance(error, FileNotFoundError | PermissionError) or _REFUSED.search(str(error)):
                raise SettingsError(f"BLOB_URL: {error}") from error
            raise

    async def exists(self, key: str) -> bool:
        """Return whether there is an object of this key."""
        path = self._path(check_key(key))
        try:
            with self._translated(key):
                await obstore.head_async(self._store, path)
        except FileNotFoundError:
            return False
        return True

    def _path(self, key: str) -> str:
        """Return the path obstore is given for a key."""
        return key

    def _signed_path(self, key: str) -> str:
        """Return the path obstore is given to sign an address for a key."""
        return self._path(key)

    def _key(self, path: str) -> str | None:
        """Return the key of what obstore lists; None for what is no object."""
        return path

    @contextmanager
    def _translated(self, key: str) -> Generator[None]:
        """Raise errors of obstore as ``OSError`` with one line that names the object and the bucket. What obstore adds
        for its developers, such as the whole answer of the cloud, is left out."""
        where = f"{key} in {self._name}"
        try:
            yield
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{where}: {_in_short(error)}") from error
        except exceptions.AlreadyExistsError as error:
            raise FileExistsError(f"there is an object {where} already") from error
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise PermissionError(f"{where}: {_in_short(error)}") from error
        except exceptions.BaseError as error:
            raise OSError(f"{where}: {_in_short(error)}") from error


def in_ascii(disposition: str) -> str:
    """Return a ``Content-Disposition`` as clouds take it, in ASCII: the name of the file is quoted (RFC 6266) where it
    has other characters, and what else is not ASCII becomes ``?``."""
    if not (disposition.isascii() and disposition.isprintable()):
        disposition = _FILENAME.sub(lambda name: f"filename*=utf-8''{_quoted(name[1])}", disposition, count=1)
    return "".join(each if each.isprintable() else "?" for each in disposition.encode("ascii", "replace").decode())


def _quoted(name: str) -> str:
    return quote(name.encode("utf-8", "replace"), safe="")


@contextmanager
def opened(what: str) -> Generator[None]:
    """Raise what obstore says of a bucket's configuration as ``ValueError`` with one line that begins with ``what``."""
    try:
        yield
    except exceptions.BaseError as error:
        raise ValueError(f"{what}: {_in_short(error)}") from error


def _in_short(error: BaseException) -> str:
    """Return the first line of an error, and the cloud's own code for it. Parameters of addresses may be secrets (the
    token of Azure's shared access), so they are left out."""
    said = str(error).split("\nDebug source:", 1)[0]
    line = _PARAMETERS.sub("", re.split(r"\n|: <", said, maxsplit=1)[0])
    code = _CODE.search(said)
    return line[:300] + (f" ({code[1]})" if code else "")
