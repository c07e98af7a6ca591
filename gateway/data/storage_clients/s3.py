"""Files in a bucket of Amazon S3, or of another storage that speaks its protocol (MinIO, R2, Ceph)."""

from pathlib import Path
from typing import TYPE_CHECKING

from obstore.store import S3Store

from gateway.data.storage_clients.object_storage import ObjectStorageClient, joined
from gateway.object_storage import CLIENT, RETRY, Bucket, opened

if TYPE_CHECKING:
    from obstore.store import S3Config


class S3StorageClient(ObjectStorageClient):
    """Keeps files in a bucket of S3. Its settings have the names ``boto3.client`` has for them.

    What is left out comes from the environment: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``,
    ``AWS_SESSION_TOKEN``, ``AWS_REGION`` or ``AWS_DEFAULT_REGION``, ``AWS_ENDPOINT_URL``, a web identity, or the role
    of the container or the machine. The files in ``~/.aws`` are not read.

    Args:
        bucket: The name of the bucket.
        region_name: Its region, such as ``eu-central-1``.
        endpoint_url: The address of a storage other than Amazon's.
        aws_access_key_id: The id of the access key.
        aws_secret_access_key: The secret of the access key.
        aws_session_token: The token of temporary credentials.
        verify: Whether the server's certificate is verified; a path is that of a file with the certificates to
            trust besides those of the system.
    """

    def __init__(
        self,
        bucket: str,
        *,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        verify: bool | str = True,
    ) -> None:
        super().__init__()
        self.bucket_name = bucket
        self._verify = verify
        self._endpoint = endpoint_url
        given: S3Config = {}
        if region_name is not None:
            given["region"] = region_name
        if endpoint_url is not None:
            given["endpoint"] = endpoint_url
        if aws_access_key_id is not None:
            given["access_key_id"] = aws_access_key_id
        if aws_secret_access_key is not None:
            given["secret_access_key"] = aws_secret_access_key
        if aws_session_token is not None:
            given["session_token"] = aws_session_token
        self._config = given

    def _open(self) -> Bucket:
        options = CLIENT.copy()
        if self._verify is False:
            options["allow_invalid_certificates"] = True
        elif isinstance(self._verify, str):
            options["root_certificate"] = Path(self._verify).read_bytes()
        with opened("S3StorageClient"):
            store = S3Store(self.bucket_name, config=self._config, client_options=options, retry_config=RETRY)
        return Bucket(store, name=f"s3://{self.bucket_name}")

    def _address(self, object_key: str) -> str:
        if self._endpoint is not None:
            return joined(f"{self._endpoint.rstrip('/')}/{self.bucket_name}", object_key)
        return joined(f"https://{self.bucket_name}.s3.amazonaws.com", object_key)
