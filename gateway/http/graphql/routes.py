"""The routes of the Node client's API, and its shape of errors."""

import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, cast

import structlog
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    execute,  # pyright: ignore[reportUnknownVariableType]
    get_operation_ast,
    validate,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.adapter import ApiKey
from gateway.errors import GatewayError, RequestRefused
from gateway.http.api.parts import ApiParts, kept_in
from gateway.http.graphql import schema, uploads
from gateway.http.graphql.call import Call
from gateway.http.graphql.limits import BODY, parsed
from gateway.http.graphql.nodes import PROJECT
from gateway.http.refusals import answering

log = structlog.get_logger(__name__)

_SMALL = 65_536
"""Bytes of the largest request that is not GraphQL and no file."""
_ERRORS = 20
"""Errors of one query that are told."""


def routes(parts: ApiParts) -> list[BaseRoute]:
    """Return the routes below ``/api`` that serve the Literal AI Node client."""

    async def graphql(request: Request) -> Response:
        return await _answered(parts, request)

    async def project(request: Request) -> Response:
        await parts.access.authorize(request, "read")
        return JSONResponse({"projectId": PROJECT})

    async def upload(request: Request) -> Response:
        key = await parts.access.authorize(request, "write")
        kept_in(parts)
        answer = uploads.prepared(parts, request, await _json(request, _SMALL))
        await parts.access.note(key, "upload.prepared")
        return answer

    async def content(request: Request) -> Response:
        return await uploads.received(parts, request)

    return [
        _route("/api/graphql", graphql),
        _route("/api/my-project", project),
        _route(uploads.PATH, upload),
        _route(uploads.RECEIVES, content),
    ]


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(path, answering(endpoint, _refused), methods=["POST"])


def _refused(refused: RequestRefused) -> Response:
    """Render a refusal as GraphQL does: the client reads ``errors`` of whatever is not answered with 200."""
    error: dict[str, Any] = {"message": str(refused)}
    if refused.where is not None:
        error["path"] = [refused.where]
    return JSONResponse({"errors": [error]}, refused.status, headers=refused.headers)


async def _answered(parts: ApiParts, request: Request) -> Response:
    key = await parts.access.authorize(request, "read")
    body = await _json(request, BODY)
    if not isinstance(body, dict):
        raise RequestRefused(400, "the body is no JSON object with a query")
    given = cast(dict[str, Any], body)
    query, name = given.get("query"), given.get("operationName")
    variables = cast(dict[str, Any] | None, given.get("variables"))
    if not isinstance(query, str):
        raise RequestRefused(400, "query is no text", where="query")
    if variables is not None and not isinstance(variables, dict):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise RequestRefused(400, "variables is no JSON object", where="variables")
    if not isinstance(name, str | None):
        raise RequestRefused(400, "operationName is no text", where="operationName")
    made = _schema()
    try:
        document = parsed(query)
    except GraphQLError as error:
        return _failed([error])
    if errors := validate(made, document, max_errors=_ERRORS):
        return _failed(errors)
    if _changes(document, name):
        _allow_changes(key)
    kept_in(parts)
    call = Call(parts, key)
    result = execute(made, document, context_value=call, variable_values=variables, operation_name=name)
    outcome = await result if isinstance(result, Awaitable) else result
    if call.written:
        await parts.access.note(key, "graphql", **call.written)
    return JSONResponse({**outcome.formatted, **_told(outcome.errors)})


def _allow_changes(key: ApiKey) -> None:
    if "write" not in key.scopes:
        raise RequestRefused(403, "this API key lacks the scope 'write'")


def _told(errors: list[GraphQLError] | None) -> dict[str, Any]:
    """Return the errors of the fields as the client is told them. Raises what has failed for every request, such as a
    store that cannot write."""
    for error in errors or ():
        cause = error.original_error
        if isinstance(cause, GatewayError):
            raise cause
        if cause is not None and not isinstance(cause, GraphQLError):
            log.error("graphql.failed", field=error.path, exc_info=cause)
            error.message = "this failed here; the log of the gateway has the error"
    return {"errors": [error.formatted for error in errors[:_ERRORS]]} if errors else {}


@cache
def _schema() -> GraphQLSchema:
    return schema.made()


def _changes(document: DocumentNode, name: str | None) -> bool:
    operation = get_operation_ast(document, name)
    return operation is None or operation.operation is not OperationType.QUERY


def _failed(errors: list[GraphQLError]) -> Response:
    return JSONResponse({"errors": [error.formatted for error in errors[:_ERRORS]]}, 400)


async def _json(request: Request, limit: int) -> Any:
    """Return the JSON of a request. Raises ``RequestRefused``: 413 for more than ``limit`` bytes, 400 for what is no
    JSON, saying where."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise RequestRefused(413, f"the body has more than {limit} bytes")
    try:
        return json.loads(body)
    except RecursionError:
        raise RequestRefused(400, "the JSON of the body is too deep") from None
    except ValueError as error:
        raise RequestRefused(400, f"the body is not JSON: {error}") from None
