"""Names that need a web page: there, harmless, said once in the log, and listed in the docs."""

import inspect
import re
from pathlib import Path

import pytest

import gateway as cl
from gateway.chat import web_only
from gateway.compat.names import REFUSED
from gateway.telemetry.logs import configure_logging

PAGE = Path(__file__).parent.parent / "docs" / "web-only.md"


def test_the_page_lists_what_the_code_has_with_the_same_words() -> None:
    listed = re.findall(r"^\| `cl\.(\w+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(listed) == web_only.INSTEAD
    assert len(listed) == len(web_only.INSTEAD)


LISTED = {
    **{f"cl.context.emitter.{name}": words for name, words in (web_only.IDLE_EMITTER | web_only.NO_EMITTER).items()},
    **{f"cl.context.session.{name}": words for name, words in web_only.NO_SESSION.items()},
    **{f"cl.user_session.get('{name}')": words for name, words in web_only.NO_VALUES.items()},
    **REFUSED,
}


def test_the_page_lists_what_the_context_and_the_modules_of_chainlit_have_not() -> None:
    listed = re.findall(
        r"^\| `(cl\.\w+\.\S+|chainlit\.\S+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert dict(listed) == LISTED
    assert len(listed) == len(LISTED)


def test_every_name_is_exported_and_no_other_is_in_the_module() -> None:
    defined = {
        name
        for name, value in vars(web_only).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == web_only.__name__ and callable(value)
    }
    assert defined - {"warn_once"} == set(web_only.INSTEAD)
    assert set(web_only.INSTEAD) <= set(cl.__all__)


async def test_they_do_nothing_and_say_once_what_to_use_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(web_only, "_warned", set())
    configure_logging(form="console", debug=False)

    def hook() -> None:
        pytest.fail("it was called")

    for _ in range(2):
        for name in web_only.INSTEAD:
            value = getattr(cl, name)
            if inspect.isfunction(value) and "func" in inspect.signature(value).parameters:
                assert value(hook) is hook
        await cl.send_window_message({"a": 1})
        assert await cl.CopilotFunction(name="f", args={}).acall() is None
        await cl.ElementSidebar.set_title("Title")
        await cl.ElementSidebar.set_elements([])
        cl.StarterCategory("Work")
        cl.Mode("speed", "Speed", [cl.ModeOption("fast", "Fast")])
        cl.InputAudioChunk(isStart=True, mimeType="audio/wav", elapsedTime=0.0, data=b"")
    errors = capsys.readouterr().err
    # A dict of sound that nobody takes (`OutputAudioChunk`) is made without a word.
    for name in set(web_only.INSTEAD) - {"OutputAudioChunk"}:
        assert len(re.findall(rf"\bcl\.{name}\b.*|instead.*cl\.{name}\b", errors)) >= 1, name
    assert errors.count("web_only.used") == len(web_only.INSTEAD) - 1
