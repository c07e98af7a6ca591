"""A call of a model as a step of type ``llm``, whichever client makes it. What fails here is logged, never raised."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextvars import copy_context
from typing import Any, cast

import structlog

from gateway.chat.steps import Step
from gateway.integrations.answers import Answer
from gateway.redaction import redact
from gateway.runtime.context import current_turn
from gateway.runtime.turn import TurnOver, TurnStopped

log = structlog.get_logger(__name__)

_LONG = 256
"""Characters of a ``data:`` URL that are kept: an image in a prompt is not kept with each call."""
_DEPTH = 12


class ModelCall:
    """A call that runs. Its step is nested under the step the caller is in, and other steps are not nested under it."""

    def __init__(self, provider: str, body: Mapping[str, Any], answer: Answer) -> None:
        self._answer = answer
        kept = plain(body)
        self._step = Step(str(kept.pop("model", None) or provider), type="llm")
        asked = next((kept[name] for name in ("messages", "input", "prompt") if name in kept), None)
        self._generation: dict[str, Any] = {
            "type": "COMPLETION" if "prompt" in kept else "CHAT",
            "provider": provider,
            "model": self._step.name,
            "tools": kept.pop("tools", None),
        }
        if "prompt" in kept:
            self._generation["prompt"] = asked
        else:
            instructions = kept.pop("instructions", None)
            said: list[Any] = [{"role": "system", "content": instructions}] if instructions else []
            said += asked if isinstance(asked, list) else [{"role": "user", "content": asked}]
            self._generation["messages"] = asked = said
        for name in ("messages", "input", "prompt"):
            kept.pop(name, None)
        self._generation["settings"] = kept
        self._step.input = asked
        self._step.generation = self._generation
        self._context = copy_context()
        self._context.run(self._step.__enter__)
        self._began = time.monotonic()
        self._first: float | None = None
        self._over = False

    @classmethod
    def begin(cls, provider: str, body: object, answer: Answer) -> "ModelCall | None":
        """Show that a model is called; None outside of a handler, where nothing is recorded.

        Args:
            provider: Whose model it is, e.g. ``openai``.
            body: The request.
            answer: What reads the answer.
        """
        if current_turn.get() is None or not isinstance(body, Mapping):
            return None
        try:
            return cls(provider, cast("Mapping[str, Any]", body), answer)
        except (TurnStopped, TurnOver):
            return None  # the turn shows nothing more; the call itself goes on
        except Exception:
            log.exception("model.call_not_recorded", provider=provider)
            return None

    def answered(self, result: object) -> None:
        """End the step with a whole answer."""
        self._safely(lambda: self._answer.read_result(result))
        self._end(None)

    def failed(self, error: BaseException) -> None:
        """End the step with what the call raised."""
        self._end(error)

    def watch(self, parts: Iterator[Any]) -> Iterator[Any]:
        """Yield the parts of a stream, and end the step with it."""
        try:
            for part in parts:
                self._part(part)
                yield part
        except GeneratorExit:
            raise  # the bot has read enough: no error
        except BaseException as error:
            self._end(error)
            raise
        finally:
            self._end(None)

    async def watch_async(self, parts: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Yield the parts of an async stream, and end the step with it."""
        try:
            async for part in parts:
                self._part(part)
                yield part
        except GeneratorExit:
            raise
        except BaseException as error:
            self._end(error)
            raise
        finally:
            self._end(None)

    def _part(self, part: object) -> None:
        if self._safely(lambda: self._answer.read_part(part)) and self._first is None:
            self._first = time.monotonic()

    def _end(self, error: BaseException | None) -> None:
        if self._over:
            return
        self._over = True
        self._safely(lambda: self._close(error))

    def _close(self, error: BaseException | None) -> None:
        answer, generation = self._answer, self._generation
        seconds = time.monotonic() - self._began
        generation["messageCompletion" if "messages" in generation else "completion"] = answer.message(
            chat="messages" in generation
        )
        generation["duration"] = round(seconds, 6)
        if self._first is not None:
            generation["ttFirstToken"] = round((self._first - self._began) * 1000, 3)
        if answer.tokens_out is not None:
            generation["inputTokenCount"], generation["outputTokenCount"] = answer.tokens_in, answer.tokens_out
            generation["tokenCount"] = (answer.tokens_in or 0) + answer.tokens_out
            if seconds > 0:
                generation["tokenThroughputInSeconds"] = round(answer.tokens_out / seconds, 3)
        if error is not None:
            generation["error"] = redact(str(error)) or type(error).__name__
        if answer.calls and not answer.text:
            self._step.output = list(answer.calls.values())
        else:
            self._step.output = answer.text
        self._context.run(self._step.__exit__, type(error) if error else None, error, None)

    def _safely(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except Exception:
            log.exception("model.call_not_recorded", provider=self._generation["provider"])
            return None


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """Return a copy as JSON has it, as the value is now: a list of messages grows while the step runs."""
    if isinstance(value, str):
        return f"{value[:_LONG]}…" if value.startswith("data:") and len(value) > _LONG else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if not depth:
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(each, depth - 1) for key, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in cast("list[Any]", value)]
    if callable(dump := getattr(value, "model_dump", None)):
        return plain(dump(exclude_none=True), depth - 1)
    return str(value)
