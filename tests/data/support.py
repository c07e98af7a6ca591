"""What the tests of data layers share: a storage, a user, threads with steps, and what a test needs of a database."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, cast, get_args

from gateway.data.base import BaseDataLayer
from gateway.data.storage_clients.base import BaseStorageClient
from gateway.element import ElementDict
from gateway.step import StepDict
from gateway.types import ThreadDict
from gateway.user import PersistedUser, User

ADA = "slack:T1:U1"

Rows = Literal["threads", "steps", "elements", "feedbacks"]
"""What a layer keeps beside users."""
ROWS: tuple[Rows, ...] = get_args(Rows)

_seconds = itertools.count()


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


class Harness(Protocol):
    """A layer on a database of its own, and what a test does to that database behind the layer's back."""

    @property
    def layer(self) -> BaseDataLayer:
        """The layer, with the folder as its storage."""
        ...

    @property
    def folder(self) -> Folder: ...

    def registered(self) -> BaseDataLayer:
        """Another layer on the same database, as a bot's function returns it; whoever asked for it closes it."""
        ...

    async def without_storage(self) -> BaseDataLayer:
        """Another layer on the same database, without a storage."""
        ...

    async def count(self, rows: Rows) -> int:
        """How many of these the database holds."""
        ...

    async def date(self, thread_id: str, created: str) -> None:
        """Set the time at which a thread was created."""
        ...


def new_id() -> str:
    return str(uuid.uuid4())


async def ada(layer: BaseDataLayer) -> PersistedUser:
    return await user(layer, ADA, {"email": "ada@example.com"})


async def user(layer: BaseDataLayer, identifier: str, metadata: dict[str, Any] | None = None) -> PersistedUser:
    made = await layer.create_user(User(identifier, metadata=metadata or {}))
    assert made is not None
    return made


def step(thread_id: str, output: str, **more: Any) -> StepDict:
    """A step, a second younger than the one before."""
    made = {"id": new_id(), "threadId": thread_id, "name": "bot", "type": "assistant_message", "output": output}
    said = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(_seconds))
    return cast(StepDict, made | {"createdAt": said.isoformat()} | more)


def link(thread_id: str, step_id: str | None = None, **more: Any) -> ElementDict:
    """An element without content, of a thread and a step."""
    made = {"id": new_id(), "threadId": thread_id, "forId": step_id, "name": "x", "url": "https://e.example/x"}
    return cast(ElementDict, made | more)


async def thread(layer: BaseDataLayer, user: PersistedUser, *outputs: str, **more: Any) -> str:
    """Make a thread with steps that say this, and return its id."""
    id = new_id()
    await layer.update_thread(id, user_id=user.id, **more)
    for output in outputs:
        await layer.create_step(step(id, output))
    return id


async def said(layer: BaseDataLayer, user: PersistedUser) -> tuple[str, str]:
    """Make a thread with one step, and return the ids of both."""
    id = await thread(layer, user, "said")
    return id, (await read(layer, id))["steps"][0].get("id", "")


async def read(layer: BaseDataLayer, id: str) -> ThreadDict:
    """The thread, which there must be."""
    found = await layer.get_thread(id)
    assert found is not None
    return found


async def read_step(layer: BaseDataLayer, thread_id: str, id: str) -> StepDict:
    """The step of the thread, which there must be."""
    [found] = [each for each in (await read(layer, thread_id))["steps"] if each.get("id") == id]
    return found
