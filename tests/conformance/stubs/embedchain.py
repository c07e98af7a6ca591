"""A pipeline that answers from nothing, in chunks."""

from collections.abc import Iterator
from typing import Any, Self


class Pipeline:
    """The pipeline."""

    collect_metrics = True

    def __init__(self) -> None:
        self.sources: list[str] = []

    @classmethod
    def from_config(cls, *, config: dict[str, Any]) -> Self:
        assert config["llm"]["config"]["stream"]
        return cls()

    def add(self, source: str) -> None:
        self.sources.append(source)

    def chat(self, question: str) -> Iterator[str]:
        yield from (f"From {len(self.sources)} source: ", question)
