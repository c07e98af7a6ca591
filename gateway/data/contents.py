"""The contents of elements: read from where a bot has them, and kept in a storage."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import structlog

from gateway.data.storage_clients.base import BaseStorageClient
from gateway.data.values import clean
from gateway.element import Element, ElementDict
from gateway.object_storage import clean_key

log = structlog.get_logger(__name__)


async def content_of(element: Element | ElementDict) -> bytes | str | Path | None:
    """Return the content of an element, a file not yet read; None for one without. Raises ``FileNotFoundError`` where
    its path is wrong."""
    path = element.get("path") if isinstance(element, Mapping) else element.path
    if path is not None:
        await asyncio.to_thread(Path(path).stat)
        return Path(path)
    return None if isinstance(element, Mapping) else element.content


async def upload(
    storage: BaseStorageClient, element: Mapping[str, Any], content: bytes | str | Path, key: str
) -> dict[str, Any]:
    """Put a content into the storage, and return what the element's row says of it.

    Args:
        storage: The storage.
        element: The element's dict.
        content: The content. A file is streamed if the storage takes files, and read into memory if not.
        key: The key to put it under. What no storage takes in a key becomes ``_``; the storage may choose another one.

    Raises:
        OSError: The storage says that it did not take the content.
    """
    mime = element.get("mime") or "application/octet-stream"
    key = clean_key(key)
    data: Any = content  # a client that takes files says so by its attribute, not by its type
    if isinstance(content, Path) and not storage.takes_files:
        data = await asyncio.to_thread(content.read_bytes)
    stored = await storage.upload_file(object_key=key, data=data, mime=mime, overwrite=True)
    if not stored:
        raise OSError(f"the storage did not take the content of the element {element.get('name')!r}")
    return {"url": stored.get("url"), "objectKey": stored.get("object_key") or key, "mime": mime}


async def sign(storage: BaseStorageClient | None, elements: Iterable[ElementDict]) -> None:
    """Set the address of each element whose content is in the storage to one it can be read from now."""
    for element in elements:
        key = element.get("objectKey")
        if key and storage is not None:
            element["url"] = await storage.get_read_url(key)


async def forget(storage: BaseStorageClient | None, keys: Iterable[str]) -> None:
    """Delete contents whose rows are gone. A content that stays is only logged: nothing refers to it any more."""
    for key in keys:
        if storage is None:
            return
        try:
            await storage.delete_file(object_key=key)
        except Exception:
            log.exception("data.content_not_deleted", key=key)


async def keep(
    storage: BaseStorageClient | None,
    element: Element | ElementDict,
    owner: Callable[[str], Awaitable[str | None]],
) -> dict[str, Any] | None:
    """Put the content of an element into the storage, by the ids of its user and its own and by its name.

    Args:
        storage: The storage; None without one.
        element: The element, or the dict of one; it is not changed.
        owner: Returns the id of the user that a thread belongs to.

    Returns:
        The element's dict as a layer stores it; None for content without a storage, which is logged.

    Raises:
        FileNotFoundError: There is no file at the element's ``path``.
        OSError: The storage did not take the content.
    """
    values: dict[str, Any] = dict(element) if isinstance(element, Mapping) else dict(element.to_dict())
    content = await content_of(element)
    values.pop("path", None)
    if content is None:
        return values
    if storage is None:
        log.warning("data.element_not_kept", element=values["id"], fix="give the layer a storage_provider")
        return None
    user = await owner(values["threadId"]) if values.get("threadId") else None
    name = clean(values.get("name"))
    key = f"{user or 'unknown'}/{values['id']}" + (f"/{name}" if name else "")
    return values | await upload(storage, values, content, key)
