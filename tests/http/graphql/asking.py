"""Asks the GraphQL endpoint of a gateway."""

from typing import Any

import httpx

ENDPOINT = "/api/graphql"

STEP = """mutation Step($id: String!, $threadId: String, $type: StepType, $name: String, $input: Json, $output: Json,
  $startTime: DateTime, $endTime: DateTime, $error: String, $tags: [String!], $parentId: String, $metadata: Json,
  $generation: GenerationPayloadInput, $scores: [ScorePayloadInput!], $attachments: [AttachmentPayloadInput!]) {
  ingestStep(id: $id, threadId: $threadId, type: $type, name: $name, input: $input, output: $output,
    startTime: $startTime, endTime: $endTime, error: $error, tags: $tags, parentId: $parentId, metadata: $metadata,
    generation: $generation, scores: $scores, attachments: $attachments) { ok message id threadId } }"""
READ_STEP = """query S($id: String!) { step(id: $id) { id threadId name type input output error tags metadata parentId
  startTime endTime duration rootRunId generation { model tokenCount provider } scores { id name type value comment }
  attachments { id name mime metadata objectKey url } thread { id participant { identifier } } } }"""
THREAD = """mutation T($id: String!, $name: String, $metadata: Json, $participantId: String, $tags: [String!]) {
  upsertThread(id: $id, name: $name, metadata: $metadata, participantId: $participantId, tags: $tags) {
    id name metadata tags createdAt participant { id identifier metadata } } }"""


def at(api: httpx.AsyncClient, path: str = ENDPOINT) -> str:
    """Return an address beside ``/v1``, where the fixture's client is."""
    return str(api.base_url.join(path))


async def ask(api: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """Return the data that a query is answered with."""
    answer = await api.post(at(api), json={"query": query, "variables": variables})
    body = answer.json()
    assert answer.status_code == 200, body
    assert "errors" not in body, body
    data: dict[str, Any] = body["data"]
    return data


async def refused(api: httpx.AsyncClient, query: str, **variables: Any) -> str:
    """Return the first error of a query."""
    answer = await api.post(at(api), json={"query": query, "variables": variables})
    text: str = answer.json()["errors"][0]["message"]
    return text


async def put(api: httpx.AsyncClient, id: str, **given: Any) -> dict[str, Any]:
    """Send a step, and return it as it is kept."""
    assert (await ask(api, STEP, id=id, **given))["ingestStep"]["ok"] is True
    step: dict[str, Any] = (await ask(api, READ_STEP, id=id))["step"]
    return step
