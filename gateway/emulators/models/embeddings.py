"""Embeddings that count words: texts with the same words are near each other."""

import base64
import math
import struct
from zlib import crc32

from gateway.emulators.models import documents, reading, tokens
from gateway.emulators.models.values import JSON, ApiError

DIMENSIONS = 1536
"""Numbers of an embedding without ``dimensions``: those of text-embedding-3-small."""


def embed(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return the embedding of a text: of length 1, each word in the place that its checksum names."""
    vector = [0.0] * dimensions
    for word in sorted(documents.words(text)) or [""]:
        vector[crc32(word.encode()) % dimensions] += 1.0
    length = math.sqrt(sum(number * number for number in vector))
    return [number / length for number in vector]


def embeddings(body: JSON) -> JSON:
    """Return the answer to a request for embeddings."""
    model = reading.model(body)
    given = body.get("input")
    if not given:
        raise ApiError(400, "Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    if isinstance(given, str) or isinstance(given[0], int):
        given = [given]
    texts = [each if isinstance(each, str) else " ".join(map(str, each)) for each in given]
    dimensions = body.get("dimensions") or DIMENSIONS
    if not isinstance(dimensions, int) or not 1 <= dimensions <= 4096:
        raise ApiError(400, "Invalid 'dimensions': expected an integer from 1 to 4096.", param="dimensions")
    vectors: list[object] = [embed(text, dimensions) for text in texts]
    if body.get("encoding_format") == "base64":
        vectors = [
            base64.b64encode(struct.pack(f"<{dimensions}f", *embed(each, dimensions))).decode() for each in texts
        ]
    count = sum(map(tokens.count, texts))
    return {
        "object": "list",
        "model": model,
        "data": [{"object": "embedding", "index": place, "embedding": each} for place, each in enumerate(vectors)],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }
