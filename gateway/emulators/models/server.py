"""Serves the model in a thread of its own, so that code which blocks the bot's event loop can ask it too."""

import socket
from threading import Thread
from types import TracebackType
from typing import Self

import uvicorn

from gateway.emulators.models.app import FakeModel


class FakeModelServer:
    """The model on a port of loopback, as long as the ``with`` block.

    Args:
        port: The port; 0 for a free one.
        pace: Seconds between two words of a stream.
    """

    def __init__(self, *, port: int = 0, pace: float = 0.0) -> None:
        self.model = FakeModel(pace=pace)
        self._port = port
        self._socket: socket.socket | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.model.app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
            )
        )
        self._thread: Thread | None = None

    @property
    def origin(self) -> str:
        """The address without a path, as Mistral's client wants it."""
        assert self._socket is not None, "the server is not started"
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def url(self) -> str:
        """The base URL, as OpenAI's client wants it."""
        return f"{self.origin}/v1"

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", self._port))
        # Connections wait in the socket's queue until the thread takes them: nothing has to be awaited here.
        self._thread = Thread(target=self._server.run, args=([self._socket],), name="fake-model", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(5)
        if self._socket is not None:
            self._socket.close()
