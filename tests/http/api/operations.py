"""The operations of the API, read from the OpenAPI document that it serves, and requests that fit them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from gateway.model import KeyScope

SCOPES: dict[str, KeyScope] = {"read": "read", "write": "write", "admin": "admin"}


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path, with its part of the document."""

    method: str
    path: str
    """Below ``/v1``, with the parameters in it: ``/threads/{id}``."""
    document: Mapping[str, Any]
    schemas: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def scope(self) -> KeyScope:
        """The scope that a key needs for it."""
        needed = {tuple(scopes) for way in self.document["security"] for scopes in way.values()}
        assert len(needed) == 1, self.name
        [[scope]] = needed
        return SCOPES[scope]

    @property
    def of_history(self) -> bool:
        """Whether it is about what is kept of conversations."""
        return not {"messages", "broadcasts"} & {*self.document["tags"]}

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        return list(self.document.get("parameters", ()))

    @property
    def ids(self) -> list[str]:
        """The names of the parameters in the path."""
        return [each["name"] for each in self.parameters if each["in"] == "path"]

    @property
    def body(self) -> dict[str, Any] | None:
        """A body that fits, made of the document's examples; None where it takes none."""
        if "requestBody" not in self.document:
            return None
        schema = self.document["requestBody"]["content"]["application/json"]["schema"]
        properties = self.schemas[schema["$ref"].rpartition("/")[2]]["properties"]
        return {name: _example(each) for name, each in properties.items()}

    def url(self, **ids: str) -> str:
        """Return its address with these ids, by default those of the examples, and what else it cannot be without."""
        examples = {each["name"]: _example(each["schema"]) for each in self.parameters}
        path = self.path.format_map({name: quote(str({**examples, **ids}[name]), safe="") for name in self.ids})
        needed = {
            each["name"]: _example(each["schema"])
            for each in self.parameters
            if each["in"] == "query" and each["required"]
        }
        return f"{path}?{httpx.QueryParams(needed)}" if needed else path


def _example(schema: Mapping[str, Any]) -> Any:
    for each in (schema, *schema.get("anyOf", ())):
        if "examples" in each:
            return each["examples"][0]
    raise AssertionError(f"no example: {schema}")


async def operations(api: httpx.AsyncClient) -> list[Operation]:
    """Return all operations of the document that an API serves."""
    document = (await api.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    found = [
        Operation(method.upper(), path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(found) > 20
    return found
