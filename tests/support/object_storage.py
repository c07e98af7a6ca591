"""Object storages of the clouds on this machine, and buckets in them."""

import base64
import functools
import hashlib
import hmac
import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.server import ThreadedMotoServer

from tests.support.left_out import UNTESTED_AZURE

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
    name = f"bot{uuid.uuid4().hex}"
    httpx.put(f"{server}/{name}").raise_for_status()
    return name


def s3_environment(server: str, patch: pytest.MonkeyPatch) -> None:
    """Set the variables by which a program finds S3 and its credentials."""
    patch.setenv("AWS_ACCESS_KEY_ID", S3_KEYS["aws_access_key_id"])
    patch.setenv("AWS_SECRET_ACCESS_KEY", S3_KEYS["aws_secret_access_key"])
    patch.setenv("AWS_REGION", REGION)
    patch.setenv("AWS_ENDPOINT", server)


AZURITE = Path(__file__).parents[2] / ".venv/azurite/node_modules/.bin/azurite-blob"
"""Microsoft's emulator of Azure Blob Storage, which `make test-integrations` installs."""
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's own account, whose key is in its documents."""


@pytest.fixture(scope="session")
def azure_server() -> Iterator[str]:
    """The address of the account in Azurite, which checks signatures; the test is skipped where it is not installed."""
    if not AZURITE.exists():
        pytest.skip(f"{UNTESTED_AZURE}: `make test-integrations` installs its emulator, with Node")
    options = ["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry"]
    with subprocess.Popen([AZURITE, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if "successfully listens on" in line)
            found = re.search(r"http://[\d.]+:\d+", line)
            assert found is not None, line
            yield f"{found[0]}/{ACCOUNT}"
        finally:
            process.terminate()


def azure_container(server: str) -> str:
    """Make a container, and return its name."""
    name = f"bot{uuid.uuid4().hex}"
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    signed = "\n".join(
        [
            *("PUT", "", "", "", "", "", "", "", "", "", "", ""),
            *(f"{key}:{value}" for key, value in headers.items()),
            f"/{ACCOUNT}/{ACCOUNT}/{name}",
            "restype:container",
        ]
    )
    signature = hmac.digest(base64.b64decode(ACCOUNT_KEY), signed.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signature).decode()}"
    httpx.put(f"{server}/{name}?restype=container", headers=headers).raise_for_status()
    return name


def azure_environment(server: str, patch: pytest.MonkeyPatch) -> None:
    """Set the variables by which a program finds Azure's account and its credentials."""
    patch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    patch.setenv("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)
    patch.setenv("AZURE_STORAGE_ENDPOINT", server)


@functools.cache
def gcs_account() -> tuple[str, str]:
    """The address and the private key of a service account that nobody knows."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return "bot@project.iam.gserviceaccount.com", key.private_bytes(*form).decode()


def gcs_environment(server: str, patch: pytest.MonkeyPatch) -> None:
    """Set the variables by which a program finds Google's storage and its credentials."""
    email, key = gcs_account()
    account = {"client_email": email, "private_key": key, "private_key_id": ""}
    patch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", json.dumps(account))
    patch.setenv("STORAGE_EMULATOR_HOST", server)


def gcs_bucket(server: str) -> str:
    """Make a bucket in moto's server that anybody may read and write, and return its name.

    Google's storage has an XML interface that follows S3's, and obstore speaks it. moto knows nothing of Google's
    credentials, nor of its conditions for writing.
    """
    name = s3_bucket(server)
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    httpx.put(f"{server}/{name}?policy", content=policy).raise_for_status()
    return name
