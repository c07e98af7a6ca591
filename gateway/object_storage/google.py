"""A bucket of Google Cloud Storage, or of the emulator that stands in for it."""

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from gateway.object_storage.bucket import Bucket

if TYPE_CHECKING:
    from obstore.store import GCSConfig

GOOGLE = "https://storage.googleapis.com"


def gcs_address() -> str:
    """Return the address of the storage: Google's, or that of an emulator (``STORAGE_EMULATOR_HOST``, as Google's own
    libraries read it)."""
    host = os.environ.get("STORAGE_EMULATOR_HOST", "").strip().rstrip("/")
    return GOOGLE if not host else host if "://" in host else f"http://{host}"


def gcs_config() -> "GCSConfig":
    """Return how obstore finds the storage. An emulator is sent no credentials."""
    address = gcs_address()
    return {} if address == GOOGLE else {"base_url": address, "skip_signature": True}


class GoogleBucket(Bucket):
    """A bucket of Google Cloud Storage."""

    def _signed_path(self, key: str) -> str:
        # obstore 0.12 quotes no path that it signs for Google: a ``#`` or ``%`` in it would end or change the address.
        return quote(key)
