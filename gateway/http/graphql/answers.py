"""Answers a GraphQL request."""

from collections.abc import Awaitable
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
from starlette.responses import JSONResponse, Response

from gateway.adapter import ApiKey
from gateway.errors import GatewayError, RequestRefused
from gateway.http.api.parts import ApiParts, kept_in
from gateway.http.graphql import schema
from gateway.http.graphql.call import Call
from gateway.http.graphql.limits import parsed

log = structlog.get_logger(__name__)

_ERRORS = 20
"""Errors of one query that are told."""


async def answered(parts: ApiParts, key: ApiKey, body: Any) -> Response:
    """Answer a request. Raises ``RequestRefused``: 400 for what is no request, 403 for a change without the scope, 409
    where no history is kept here.

    Args:
        parts: The objects of the API.
        key: The key that the request brought.
        body: Its JSON.
    """
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
