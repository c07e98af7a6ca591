"""The clients that ``DynamoDBDataLayer`` takes, and the one it makes itself."""

import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest

from gateway.data.dynamodb import DynamoDBDataLayer
from gateway.types import ThreadFilter
from tests.data.dynamo import Documented, documented, running, server, unopened
from tests.data.pages import pages
from tests.data.support import ada, thread
from tests.support.dynamodb import CREDENTIALS, REGION, Server

__all__ = ["running", "server"]


@pytest.fixture
async def harness(server: Server) -> AsyncIterator[Documented]:
    async with documented(server) as harness:
        yield harness


async def works(layer: DynamoDBDataLayer) -> None:
    owner = await ada(layer)
    ids = [await thread(layer, owner, "said", metadata={"a": 1.5}) for _ in range(3)]
    await layer.delete_thread(ids.pop())
    assert await pages(layer, ThreadFilter(userId=owner.id)) == [ids[::-1]]
    await layer.close()


async def test_a_synchronous_client_is_called_in_threads(harness: Documented) -> None:
    client: Any = boto3.client("dynamodb", endpoint_url=harness.server.url, region_name=REGION, **CREDENTIALS)
    await works(harness.another(client))


async def test_a_client_that_is_not_opened_yet_is_opened(harness: Documented) -> None:
    await works(harness.another(unopened(harness.server)))


async def test_without_a_client_the_environment_says_where_to(
    harness: Documented, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CREDENTIALS["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CREDENTIALS["aws_secret_access_key"])
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", harness.server.url)
    await works(DynamoDBDataLayer(harness.name))
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    elsewhere = DynamoDBDataLayer(harness.name)
    with pytest.raises(LookupError, match="AWS_REGION"):
        await elsewhere.get_user("slack:T1:U1")
    await elsewhere.close()


def test_what_is_no_client_of_dynamodb_is_refused() -> None:
    resource: Any = boto3.resource("dynamodb", region_name=REGION, **CREDENTIALS)
    s3: Any = boto3.client("s3", region_name=REGION, **CREDENTIALS)
    for wrong in (resource.Table("t"), s3, "dynamodb"):
        with pytest.raises(TypeError, match=r"table\.meta\.client"):
            DynamoDBDataLayer("t", wrong)


def test_without_the_library_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['aiobotocore'] = None\n"
        "from gateway.data.dynamodb import DynamoDBDataLayer\n"
        "assert not {'botocore', 'sqlalchemy'} & set(sys.modules)\n"
        "DynamoDBDataLayer('t')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert 'pip install "bot-gateway[dynamodb]"' in done.stderr.splitlines()[-1]
