"""Elements as a data layer is given them: the documented dict, with the content in a file while the call lasts."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import structlog

from gateway.data.values import clean
from gateway.disk import created, in_thread, make_folder
from gateway.element import ElementDict
from gateway.model import ElementRecord
from gateway.ports import Blobs

log = structlog.get_logger(__name__)

_KEYS = {
    "thread_id": "threadId",
    "for_id": "forId",
    "object_key": "objectKey",
    "chainlit_key": "chainlitKey",
    "auto_play": "autoPlay",
    "player_config": "playerConfig",
}
"""Attributes of elements that are called otherwise in their dicts."""


class DeliveredElement(dict[str, Any]):
    """The dict of an element, whose values are attributes too: the documents say that ``create_element`` gets a dict,
    and data layers written for Chainlit are given elements."""

    @property
    def content(self) -> None:
        """None: the content is at ``path``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[_KEYS.get(name, name)]
        except KeyError:
            raise AttributeError(f"an element has no {name!r}") from None

    def to_dict(self) -> ElementDict:
        """Return the element's dict without the file."""
        return cast(ElementDict, {key: value for key, value in self.items() if key != "path"})


class ElementFiles:
    """Makes of the records of elements what a layer is given.

    Args:
        blobs: Where the contents are.
        folder: The folder of the files, each of which is there while the layer is called with it.
    """

    def __init__(self, blobs: Blobs, folder: Path) -> None:
        self._blobs = blobs
        self._folder = folder

    @asynccontextmanager
    async def opened(self, record: ElementRecord) -> AsyncGenerator[tuple[DeliveredElement, int]]:
        """Give the element, and the size of its content in bytes. A content that is gone is left out, and the log says
        so. Raises ``OSError`` when the contents cannot be read or the disk is full."""
        if record.object_key is None:
            yield _element(record, None), 0
            return
        path = self._folder / uuid4().hex
        try:
            size = await self._copy(record.object_key, path)
            yield _element(record, path if size is not None else None), size or 0
        finally:
            await in_thread(path.unlink, True)

    async def _copy(self, key: str, path: Path) -> int | None:
        """Copy a content into a file, and return its size; None where there is none."""
        try:
            blob = await self._blobs.read(key)
        except FileNotFoundError:
            log.warning("data_layer.content_gone", key=key)
            return None
        await in_thread(make_folder, self._folder)
        async with created(path) as file:
            async for chunk in blob.chunks:
                await in_thread(file.write, chunk)
        return blob.info.size

    def clear(self) -> None:
        """Delete the files that a process left that was killed."""
        if self._folder.is_dir():
            for file in os.scandir(self._folder):
                Path(file).unlink(missing_ok=True)


def _element(record: ElementRecord, path: Path | None) -> DeliveredElement:
    return DeliveredElement(
        clean(
            {
                "id": record.id,
                "threadId": record.thread,
                "type": record.type,
                "chainlitKey": None,
                "path": None if path is None else str(path),
                "url": record.url,
                "objectKey": None,
                "name": record.name,
                "display": record.display or "inline",
                "size": record.size,
                "language": record.language,
                "page": record.page,
                "props": None if record.props is None else dict(record.props),
                "autoPlay": record.auto_play,
                "playerConfig": None if record.player_config is None else dict(record.player_config),
                "forId": record.for_id,
                "mime": record.mime,
            }
        )
    )
