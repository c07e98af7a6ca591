"""What the tests of the data layer share: a storage, a user, threads with steps."""

import uuid
from typing import Any, Protocol, cast

from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.data.storage_clients.base import BaseStorageClient
from gateway.element import ElementDict
from gateway.step import StepDict
from gateway.types import ThreadDict
from gateway.user import PersistedUser, User
from tests.data.schemas import DOCUMENTED

ADA = "slack:T1:U1"


class Folder(BaseStorageClient):
    """A storage in memory, which can be told to refuse."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.refuses = False
        self.fails = False
        self.closed = False

    async def upload_file(self, object_key: str, data: bytes | str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if self.refuses:
            return {}
        self.files[object_key] = data.encode() if isinstance(data, str) else data
        return {"object_key": object_key, "url": f"memory://{object_key}"}

    async def delete_file(self, object_key: str) -> bool:
        if self.fails:
            raise OSError("the storage is away")
        return self.files.pop(object_key, None) is not None

    async def get_read_url(self, object_key: str) -> str:
        return f"https://files.example/{object_key}?signed"

    async def close(self) -> None:
        self.closed = True


class Open(Protocol):
    """Makes a database with these statements, and returns a layer on it."""

    async def __call__(
        self, statements: tuple[str, ...] = DOCUMENTED, storage_provider: Folder | None = None
    ) -> SQLAlchemyDataLayer: ...


def new_id() -> str:
    return str(uuid.uuid4())


async def ada(layer: SQLAlchemyDataLayer) -> PersistedUser:
    return await user(layer, ADA, {"email": "ada@example.com"})


async def user(layer: SQLAlchemyDataLayer, identifier: str, metadata: dict[str, Any] | None = None) -> PersistedUser:
    made = await layer.create_user(User(identifier, metadata=metadata or {}))
    assert made is not None
    return made


def step(thread_id: str, output: str, **more: Any) -> StepDict:
    made = {"id": new_id(), "threadId": thread_id, "name": "bot", "type": "assistant_message", "output": output}
    return cast(StepDict, made | more)


def link(thread_id: str, **more: Any) -> ElementDict:
    """An element without content."""
    made = {"id": new_id(), "threadId": thread_id, "name": "x", "url": "https://e.example/x"}
    return cast(ElementDict, made | more)


async def thread(layer: SQLAlchemyDataLayer, user: PersistedUser, *outputs: str, **more: Any) -> str:
    """Make a thread with steps that say this, and return its id."""
    id = new_id()
    await layer.update_thread(id, user_id=user.id, **more)
    for output in outputs:
        await layer.create_step(step(id, output))
    return id


async def read(layer: SQLAlchemyDataLayer, id: str) -> ThreadDict:
    """The thread, which there must be."""
    found = await layer.get_thread(id)
    assert found is not None
    return found


async def read_step(layer: SQLAlchemyDataLayer, id: str) -> StepDict:
    """The step, which there must be."""
    found = await layer.get_step(id)
    assert found is not None
    return found
