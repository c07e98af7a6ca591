"""What is known of a call of a model, under the names that ``chainlit`` exports from Literal AI's package."""

from typing import Any

GenerationMessage = dict[str, Any]


class _Generation(dict[str, Any]):
    """What is known of a call of a model: for ``step.generation``. Its keys are those of the history
    (``inputTokenCount``); arguments and attributes are written in Python's way (``input_token_count``)."""

    kind = ""

    def __init__(self, **known: Any) -> None:
        super().__init__(type=self.kind)
        self.update({_camel(name): value for name, value in known.items()})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(_camel(name))

    def __setattr__(self, name: str, value: Any) -> None:
        self[_camel(name)] = value

    def to_dict(self) -> dict[str, Any]:
        """Return what is known as a plain dict."""
        return dict(self)


class ChatGeneration(_Generation):
    """A call of a model with messages."""

    kind = "CHAT"


class CompletionGeneration(_Generation):
    """A call of a model with one prompt."""

    kind = "COMPLETION"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each[:1].upper() + each[1:] for each in rest)
