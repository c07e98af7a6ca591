"""Object storages of the clouds on this machine, and buckets in them."""

import uuid
from collections.abc import Iterator

import httpx
import pytest
from moto.server import ThreadedMotoServer

S3_KEYS = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example"}
REGION = "us-east-1"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of moto's server, which speaks S3."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def s3_bucket(server: str) -> str:
    """Make a bucket, and return its name."""
    name = f"bot-{uuid.uuid4().hex}"
    httpx.put(f"{server}/{name}").raise_for_status()
    return name


def s3_environment(server: str, patch: pytest.MonkeyPatch) -> None:
    """Set the variables by which a program finds S3 and its credentials."""
    patch.setenv("AWS_ACCESS_KEY_ID", S3_KEYS["aws_access_key_id"])
    patch.setenv("AWS_SECRET_ACCESS_KEY", S3_KEYS["aws_secret_access_key"])
    patch.setenv("AWS_REGION", REGION)
    patch.setenv("AWS_ENDPOINT", server)
