"""The model's HTTP API: ``/v1/chat/completions``, ``completions``, ``responses``, ``embeddings`` and ``models``."""

import asyncio
import json
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.emulators.models import chat, responses, rules
from gateway.emulators.models.embeddings import embeddings
from gateway.emulators.models.values import JSON, ApiError, Asked, Said

NAMES = ("gpt-4o-mini", "gpt-4o", "mistral-small-latest", "text-embedding-3-small")
"""The models that are listed. Any other name works too."""
ERROR, BREAKS, HANGS = "error-", "breaks", "hangs"
"""Names of models for trouble: an HTTP status (``error-429``), a stream that is cut in its middle, one that stops."""
_REMEMBERED = 1000
"""Responses that can be gone on with, and requests that are recorded."""


class FakeModel:
    """The model, with its record of what it was asked.

    Args:
        pace: Seconds between two words of a stream.
    """

    def __init__(self, *, pace: float = 0.0) -> None:
        self.requests: deque[tuple[str, JSON]] = deque(maxlen=_REMEMBERED)
        """The requests so far: the path and the body of each."""
        self.hanging = 0
        """Streams of the model ``hangs`` that are open now."""
        self._pace = pace
        self._numbers = count(1)
        self._conversations: OrderedDict[str, list[Said]] = OrderedDict()
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._endpoint(self._chat), methods=["POST"]),
                Route("/v1/completions", self._endpoint(self._complete), methods=["POST"]),
                Route("/v1/responses", self._endpoint(self._respond), methods=["POST"]),
                Route("/v1/embeddings", self._endpoint(self._embed), methods=["POST"]),
                Route("/v1/models", self._models),
                Route("/v1/models/{name:path}", self._model),
                Route("/{path:path}", self._unknown, methods=["GET", "POST", "PUT", "DELETE"]),
            ]
        )

    def _endpoint(self, answer: Callable[[JSON], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            model = ""
            try:
                body = await _body(request)
                self.requests.append((request.url.path, body))
                model = str(body.get("model"))
                _check_key(request)
                if model.startswith(ERROR) and model.removeprefix(ERROR).isdigit():
                    status = int(model.removeprefix(ERROR))
                    raise ApiError(status, f"The model {model!r} fails.", type="server_error", code=str(status))
                return answer(body)
            except ApiError as error:
                return _refused(error, model)

        return endpoint

    def _chat(self, body: JSON) -> Response:
        asked = chat.asked(body)
        id = self._id("chatcmpl-")
        if not body.get("stream"):
            return JSONResponse(chat.completion(asked, id))
        usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return self._stream(asked, chat.chunks(asked, id, include_usage=usage))

    def _complete(self, body: JSON) -> Response:
        asked = chat.asked_to_complete(body)
        id = self._id("cmpl-")
        if not body.get("stream"):
            return JSONResponse(chat.text_completion(asked, id))
        usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return self._stream(asked, chat.text_chunks(asked, id, include_usage=usage))

    def _respond(self, body: JSON) -> Response:
        before: Sequence[Said] = ()
        if previous := body.get("previous_response_id"):
            if previous not in self._conversations:
                said = f"Previous response with id '{previous}' not found."
                raise ApiError(400, said, param="previous_response_id", code="previous_response_not_found")
            before = self._conversations[previous]
        asked = responses.asked(body, before)
        id = self._id("resp_")
        self._conversations[id] = responses.said(asked, rules.answer(asked))
        if len(self._conversations) > _REMEMBERED:
            self._conversations.popitem(last=False)
        if not body.get("stream"):
            return JSONResponse(responses.response(body, asked, id))
        return self._stream(asked, responses.events(body, asked, id), named=True)

    def _embed(self, body: JSON) -> Response:
        return JSONResponse(embeddings(body))

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_described(name) for name in NAMES]})

    async def _model(self, request: Request) -> Response:
        return JSONResponse(_described(request.path_params["name"]))

    async def _unknown(self, request: Request) -> Response:
        return _refused(ApiError(404, f"Invalid URL ({request.method} {request.url.path})"), "")

    def _id(self, prefix: str) -> str:
        return f"{prefix}fake{next(self._numbers)}"

    def _stream(self, asked: Asked, data: Iterable[JSON], *, named: bool = False) -> Response:
        return StreamingResponse(self._events(asked.model, list(data), named=named), media_type="text/event-stream")

    async def _events(self, model: str, data: Sequence[JSON], *, named: bool) -> AsyncIterator[str]:
        half = (len(data) + 1) // 2
        for place, each in enumerate(data):
            if place == half and model == BREAKS:
                error = {"message": "The model breaks here.", "type": "server_error", "param": None, "code": None}
                yield f"event: error\ndata: {json.dumps({'type': 'error', 'error': error, **error})}\n\n"
                return
            if place == half and model == HANGS:
                self.hanging += 1
                try:
                    await asyncio.Event().wait()  # until the client leaves, which cancels this
                finally:
                    self.hanging -= 1
            name = f"event: {each['type']}\n" if named else ""
            yield f"{name}data: {json.dumps(each)}\n\n"
            if self._pace:
                await asyncio.sleep(self._pace)
        if not named:
            yield "data: [DONE]\n\n"


async def _body(request: Request) -> JSON:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        said = "We could not parse the JSON body of your request. (HINT: The API expects a JSON payload, but what was "
        raise ApiError(400, f"{said}sent was not valid JSON.)")
    return body


def _check_key(request: Request) -> None:
    """Any key is taken, but there has to be one."""
    if not request.headers.get("authorization", "").removeprefix("Bearer").strip():
        said = "You didn't provide an API key. Provide it in an Authorization header (Authorization: Bearer YOUR_KEY)."
        raise ApiError(401, said, code="invalid_api_key")


def _refused(error: ApiError, model: str) -> Response:
    if chat.is_mistral(model):
        return JSONResponse({"object": "error", **error.body}, status_code=error.status)
    return JSONResponse({"error": error.body}, status_code=error.status)


def _described(name: str) -> JSON:
    return {"id": name, "object": "model", "created": 0, "owned_by": "bot-gateway"}
