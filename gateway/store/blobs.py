"""Opens the blob store that ``BLOB_URL`` names: a folder, or a bucket of Amazon S3, Google Cloud or Azure."""

import os
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from gateway.errors import SettingsError
from gateway.ports import Blobs

FORMS = "file:///FOLDER, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX"
"""The addresses that ``BLOB_URL`` may be, for error messages."""


def open_blobs(url: str | None, *, folder: Path) -> Blobs:
    """Return the blob store at an address. Credentials are those of each cloud's usual environment variables. No cloud
    is asked anything yet, see ``Blobs.check``.

    Args:
        url: One of ``FORMS``; None for ``folder``.
        folder: The folder that is used without an address. It is made, readable by this user alone.

    Raises:
        SettingsError: The address cannot be used, or the folder cannot be made; the text names the setting.
    """
    try:
        return _open(url, folder)
    except ValueError as error:
        raise SettingsError(f"BLOB_URL: {error}") from error
    except OSError as error:
        setting = "GATEWAY_DATA_DIR" if url is None else "BLOB_URL"
        raise SettingsError(f"{setting}: the folder of blobs cannot be made: {error}") from error


def _open(url: str | None, folder: Path) -> Blobs:
    # obstore takes 10 ms to import, and some commands need no blobs.
    from gateway.object_storage import Folder

    if url is None:
        return Folder(folder)
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        # Not quoted: what is written there is often a secret.
        raise ValueError(f"it has a password, '?' or '#' in it; credentials belong into the environment, write {FORMS}")
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or parts.path in ("", "/"):
            raise ValueError("an absolute path is needed, file:///FOLDER")
        return Folder(Path(unquote(parts.path)))
    if parts.scheme not in ("s3", "gs", "az") or not parts.netloc:
        raise ValueError(f"{url!r} cannot be used: write {FORMS}")
    return _bucket(parts, url)


def _bucket(parts: SplitResult, url: str) -> Blobs:
    from obstore.store import AzureStore, GCSStore, S3Store

    from gateway.object_storage import (
        CLIENT,
        RETRY,
        AzureBucket,
        Bucket,
        GoogleBucket,
        check_prefix,
        gcs_config,
        opened,
    )

    prefix = check_prefix(unquote(parts.path).strip("/")) or None
    with opened(url):
        match parts.scheme:
            case "s3":
                return Bucket(S3Store(parts.netloc, prefix=prefix, client_options=CLIENT, retry_config=RETRY), name=url)
            case "gs":
                found = gcs_config()
                google = GCSStore(parts.netloc, prefix=prefix, config=found, client_options=CLIENT, retry_config=RETRY)
                return GoogleBucket(google, name=url)
            case _:
                azure = AzureStore(parts.netloc, prefix=prefix, client_options=CLIENT, retry_config=RETRY)
                # obstore found these itself, and does not say what it found.
                account = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME", "")
                address = os.environ.get("AZURE_STORAGE_ENDPOINT") or f"https://{account}.blob.core.windows.net"
                key = os.environ.get("AZURE_STORAGE_ACCOUNT_KEY")
                return AzureBucket(azure, name=url, account=account, address=address, container=parts.netloc, key=key)
