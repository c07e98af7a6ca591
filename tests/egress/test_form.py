"""A form the platform refuses becomes a plainer one; thumbs stand only where there is something to rate."""

import pytest
from structlog.testing import capture_logs

from gateway.egress import Sender
from gateway.egress.form import tables_as_code
from gateway.errors import RefusedForm
from gateway.model import Button, FromBytes, FromUrl, Outgoing, OutgoingFile
from tests.egress.platform import TO, Plain, count

TABLE = "| a | b |\n| --- | --- |\n| 1 | 2 |"
LINKED = OutgoingFile(kind="image", name="a [chart]", source=FromUrl(url="https://x.example/a (1).png"))
RICH = Outgoing(text=f"Words\n\n{TABLE}", files=(LINKED,), buttons=(Button(token="t", label="Go"),), feedback="m")


async def shown(*refusals: RefusedForm) -> Outgoing:
    platform = Plain()
    platform.fail("send", *refusals)
    with capture_logs() as logs:
        await Sender({"plain": platform}).put(TO, RICH, key="k")
    assert [each["event"] for each in logs] == ["message.form_refused"] * len(refusals)
    [message] = platform.messages
    return message.shown


async def test_only_what_was_named_becomes_plainer() -> None:
    plainer = await shown(RefusedForm("no", {"pictures"}))
    assert plainer.text.endswith("[a \\[chart\\]](https://x.example/a%20%281%29.png)") and TABLE in plainer.text
    assert (plainer.files, plainer.buttons, plainer.feedback, plainer.plain) == ((), RICH.buttons, "m", False)
    plainer = await shown(RefusedForm("no", {"tables"}))
    assert f"```\n{TABLE}\n```" in plainer.text and plainer.files
    plainer = await shown(RefusedForm("no", {"buttons"}))
    assert plainer.text.endswith("**Go**") and not plainer.buttons


async def test_where_nothing_is_named_the_buttons_go_last() -> None:
    plainer = await shown(RefusedForm("no"))
    assert (plainer.files, plainer.feedback, plainer.buttons) == ((), None, RICH.buttons)
    plainer = await shown(RefusedForm("no"), RefusedForm("no"))
    assert plainer.plain and not plainer.buttons and "**Go**" in plainer.text


async def test_what_is_refused_as_text_too_is_refused() -> None:
    platform = Plain()
    platform.fail("send", *[RefusedForm("no")] * 9)
    with pytest.raises(RefusedForm):
        await Sender({"plain": platform}).put(TO, RICH, key="k")
    assert count(platform.calls, "send") == 3


async def test_a_stream_whose_table_is_refused_on_the_way_goes_on() -> None:
    platform = Plain()
    platform.fail("edit", RefusedForm("no", {"tables"}))
    stream = Sender({"plain": platform}).stream(TO, key="k", recipient=None)
    await stream.write(f"Words\n\n{TABLE}")
    await stream.close(Outgoing(text=f"Words\n\n{TABLE}\n\nand more"))
    assert platform.texts() == [f"Words\n\n```\n{TABLE}\n```\n\nand more"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("no table | here", "no table | here"),
        (f"```\n{TABLE}\n```", f"```\n{TABLE}\n```"),
        (f"{TABLE}\n\nafter", f"```\n{TABLE}\n```\n\nafter"),
        ("> | a | b |\n> |---|---|\n> | 1 | 2 |", "> ```\n> | a | b |\n> |---|---|\n> | 1 | 2 |\n> ```"),
    ],
)
def test_tables_become_code(text: str, wanted: str) -> None:
    assert tables_as_code(text) == wanted


@pytest.mark.parametrize(
    ("message", "rated"),
    [
        (Outgoing(text="words", feedback="m"), [True]),
        (Outgoing(feedback="m"), []),
        (Outgoing(files=(OutgoingFile(name="a.txt", source=FromBytes(data=b"x")),), feedback="m"), [False]),
        (Outgoing(files=(LINKED,), feedback="m"), [True]),
        (Outgoing(buttons=RICH.buttons, feedback="m"), [True]),
        (
            Outgoing(
                text="words",
                files=tuple(OutgoingFile(name=f"{n}", source=FromBytes(data=b"x")) for n in range(4)),
                feedback="m",
            ),
            [True, False],
        ),
    ],
)
async def test_thumbs_are_no_content(message: Outgoing, rated: list[bool]) -> None:
    platform = Plain()
    await Sender({"plain": platform}).put(TO, message, key="k")
    assert [each.shown.feedback is not None for each in platform.messages] == rated
