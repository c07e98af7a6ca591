"""Calls to DynamoDB, through a client of aiobotocore or through a synchronous one in threads of its own."""

import asyncio
import inspect
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from typing import Any

from gateway.errors import TooLarge

_CONNECTIONS = 32
"""Requests at the same time at most, of the client that is made here."""
_THREADS = 10
"""Requests at the same time at most, of a synchronous client: as many connections as botocore keeps by default."""
_CONNECT_SECONDS, _READ_SECONDS = 5, 20
"""How long one try waits for a connection, and then for an answer."""
_TRIES = 5
"""How often botocore's standard mode tries a request that was throttled or failed on the way, up to 15 s in all."""


class ConditionFailed(Exception):
    """The item is not as the write asked for; nothing was written."""


class Client:
    """Calls DynamoDB, and makes the errors that a caller can do something about its own.

    Args:
        given: A DynamoDB client of aiobotocore, opened or as ``session.create_client`` gives it, or of boto3; None
            makes one of aiobotocore at the first call.

    Raises:
        TypeError: ``given`` is neither.
        ImportError: aiobotocore is needed and not installed.
    """

    def __init__(self, given: Any | None) -> None:
        if given is None:
            _library("aiobotocore.session")
        elif not (_speaks_dynamodb(given) or _can_be_opened(given)):
            raise TypeError(
                f"client is a {type(given).__name__}, not a client of DynamoDB: give boto3.client('dynamodb') or"
                " aiobotocore's session.create_client('dynamodb'); of a boto3 table, give table.meta.client"
            )
        self._given = given
        self._client: Any = given if _speaks_dynamodb(given) else None
        self._opening = asyncio.Lock()
        self._threads: ThreadPoolExecutor | None = None

    async def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation, and return its answer.

        Args:
            operation: The method's name, such as ``get_item``.
            **arguments: The operation's parameters, as DynamoDB's API names them.

        Raises:
            ConditionFailed: The condition of a write does not hold.
            LookupError: There is no such table.
            TooLarge: The item would be larger than 400 KB.
        """
        client = await self._opened()
        errors = _library("botocore.exceptions")
        try:
            call = partial(getattr(client, operation), **arguments)
            answer: dict[str, Any] = (
                await call()
                if inspect.iscoroutinefunction(getattr(client, "close", None))
                else await self._in_thread(call)
            )
            return answer
        except errors.ClientError as error:
            told: dict[str, str] = getattr(error, "response", {}).get("Error", {})
            match told.get("Code"):
                case "ConditionalCheckFailedException":
                    raise ConditionFailed from error
                case "ResourceNotFoundException":
                    table = arguments.get("TableName") or next(iter(arguments["RequestItems"]))
                    raise LookupError(
                        f"DynamoDB has no table {table!r} in this region and account:"
                        " create it as docs/data.md says, or set AWS_REGION"
                    ) from error
                case "ValidationException" if "item size" in told.get("Message", "").lower():
                    raise TooLarge("an item of DynamoDB holds 400 KB, names included: store less in it") from error
                case _:
                    raise

    async def close(self) -> None:
        """Close the client, also one that was given."""
        client, self._client = self._client, None
        if client is not None and hasattr(client, "close"):
            closed = client.close()
            if inspect.isawaitable(closed):
                await closed
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

    async def _opened(self) -> Any:
        async with self._opening:
            if self._client is None:
                given = self._given
                if given is None:
                    self._client = await _own().__aenter__()
                else:
                    self._client = given if _speaks_dynamodb(given) else await given.__aenter__()
            return self._client

    async def _in_thread(self, call: "partial[dict[str, Any]]") -> dict[str, Any]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="dynamodb")
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _own() -> Any:
    """Return a client to be opened, with the credentials and the endpoint that botocore finds in the environment."""
    session = _library("aiobotocore.session").get_session()
    region = os.environ.get("AWS_REGION") or session.get_config_variable("region") or "us-east-1"
    config = _library("aiobotocore.config").AioConfig(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
    )
    return session.create_client("dynamodb", region_name=region, config=config)


def _library(name: str) -> Any:
    """Return a module of what the extra installs, which has no types."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f'{error.name} is not installed: pip install "bot-gateway[dynamodb]"') from error


def _speaks_dynamodb(client: Any) -> bool:
    # A resource or a table of boto3, which take plain values, have only one of the two.
    return hasattr(client, "get_item") and hasattr(client, "batch_write_item")


def _can_be_opened(client: Any) -> bool:
    return hasattr(client, "__aenter__") and not hasattr(client, "meta")  # a client has both
