"""Files in a bucket of Google Cloud Storage."""

import json

from obstore.store import GCSStore

from gateway.data.storage_clients.object_storage import ObjectStorageClient, joined
from gateway.object_storage import CLIENT, RETRY, GoogleBucket, gcs_address, gcs_config, opened


class GCSStorageClient(ObjectStorageClient):
    """Keeps files in a bucket of Google Cloud Storage.

    Without a private key the credentials are those of the environment: ``GOOGLE_APPLICATION_CREDENTIALS``, what
    ``gcloud`` has left, or the account of the machine. ``STORAGE_EMULATOR_HOST`` leads to an emulator, which is sent no
    credentials.

    Args:
        bucket_name: The name of the bucket.
        project_id: The project; not needed, because names of buckets are unique.
        client_email: The address of the service account whose key is given.
        private_key: The key of the service account, as in its JSON file (PEM).
    """

    def __init__(
        self,
        bucket_name: str,
        project_id: str | None = None,
        client_email: str | None = None,
        private_key: str | None = None,
    ) -> None:
        if (client_email is None) != (private_key is None):
            raise ValueError("GCSStorageClient: client_email and private_key belong together: give both or none")
        super().__init__()
        self.bucket_name = bucket_name
        self.project_id = project_id
        self._account = None
        if client_email is not None and private_key is not None:
            # In environment variables the line breaks of a key are often written as \n.
            key = private_key.replace("\\n", "\n")
            self._account = json.dumps({"client_email": client_email, "private_key": key, "private_key_id": ""})

    def _open(self) -> GoogleBucket:
        config = gcs_config()
        if self._account is not None:
            config["service_account_key"] = self._account
        with opened("GCSStorageClient"):
            store = GCSStore(self.bucket_name, config=config, client_options=CLIENT, retry_config=RETRY)
        return GoogleBucket(store, name=f"gs://{self.bucket_name}")

    def _address(self, object_key: str) -> str:
        return joined(f"{gcs_address()}/{self.bucket_name}", object_key)
