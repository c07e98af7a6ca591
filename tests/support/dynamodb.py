"""DynamoDB on loopback: moto's server in a thread of the test's process, with the calls it got and faults it makes."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler, make_server

CREDENTIALS = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example"}
REGION = "us-east-1"

Call = tuple[str, dict[str, Any]]
"""An operation and its arguments."""
Fault = Callable[[Call], Response | None]
"""Returns the answer to a call in place of DynamoDB's, None to let it through."""


class Server:
    """The server. It handles one request at a time, because moto's writes are not atomic and DynamoDB's are."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._moto: Any = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        call = (str(environ["HTTP_X_AMZ_TARGET"]).rpartition(".")[2], json.loads(body))
        self.calls.append(call)
        answers = (fault(call) for fault in self.faults)
        app: Any = next((answer for answer in answers if answer is not None), self._moto)
        answer: Iterable[bytes] = app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)
        return answer

    def seen(self, *operations: str) -> list[dict[str, Any]]:
        """The arguments of each call of these operations so far."""
        return [arguments for operation, arguments in self.calls if operation in operations]

    def fail_first(self, operation: str, times: int, answer: Callable[[dict[str, Any]], Response]) -> None:
        """Answer the next calls of an operation in place of DynamoDB."""
        left = [times]

        def fault(call: Call) -> Response | None:
            if call[0] != operation or not left[0]:
                return None
            left[0] -= 1
            return answer(call[1])

        self.faults.append(fault)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def dynamodb() -> Iterator[Server]:
    """A running server."""
    server = Server()
    thread = Thread(target=server._server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server._server.shutdown()
        thread.join()
        server._server.server_close()


def error(code: str, message: str, status: int = 400) -> Response:
    """An answer of DynamoDB that refuses a call."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message})
    return Response(body, status, content_type="application/x-amz-json-1.0")


def answer(body: dict[str, Any]) -> Response:
    """An answer of DynamoDB."""
    return Response(json.dumps(body), 200, content_type="application/x-amz-json-1.0")


DOCUMENTED: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "UserThreadPK", "UserThreadSK")
    ],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "UserThread",
            "KeySchema": [
                {"AttributeName": "UserThreadPK", "KeyType": "HASH"},
                {"AttributeName": "UserThreadSK", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["id", "name"]},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
"""The table, as the documents create it."""
