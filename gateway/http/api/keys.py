"""Who may use which part of the API: what endpoints depend on."""

from typing import Annotated

from fastapi import Depends, Request

from gateway.adapter import ApiKey
from gateway.http.api.parts import ApiParts, kept_in


def parts_of(request: Request) -> ApiParts:
    """Return the objects of the API that serves a request."""
    parts: ApiParts = request.app.state.parts
    return parts


async def reading(request: Request) -> ApiKey:
    """Return the key of a request that only reads."""
    return await parts_of(request).access.authorize(request, "read")


async def writing(request: Request) -> ApiKey:
    """Return the key of a request that changes something."""
    return await parts_of(request).access.authorize(request, "write")


async def administering(request: Request) -> ApiKey:
    """Return the key of a request that concerns people or everybody."""
    return await parts_of(request).access.authorize(request, "admin")


def kept(request: Request) -> ApiParts:
    """Return the objects of the API. Raises ``RequestRefused`` (409) where the store keeps no history."""
    return kept_in(parts_of(request))


Parts = Annotated[ApiParts, Depends(parts_of)]
History = Annotated[ApiParts, Depends(kept)]
ReadKey = Annotated[ApiKey, Depends(reading)]
WriteKey = Annotated[ApiKey, Depends(writing)]
AdminKey = Annotated[ApiKey, Depends(administering)]
