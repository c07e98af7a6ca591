"""Forms: opened by an answer, filled in, checked on both sides, sent."""

from typing import Any

import discord
import pytest

from gateway.emulators.discord.emulator import DiscordEmulator, InteractionResult, PersonError
from tests.emulators.discord.bot import JSON, Bot, Rest, button, errors, label, menu, modal, row, text_input

FILES: JSON = {"type": 19, "custom_id": "files", "min_values": 0, "max_values": 2, "required": False}
RADIO: JSON = {"type": 21, "custom_id": "size", "options": [{"label": t, "value": t.lower()} for t in ("Small", "Big")]}
BOXES: JSON = {"type": 22, "custom_id": "extras", "options": RADIO["options"], "required": False}
CHECK: JSON = {"type": 23, "custom_id": "agree", "default": True}


@pytest.fixture
async def opened(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> Any:
    """Opens a form by a click; what the bot was sent of its submit is kept. What is refused is answered by nothing."""
    made = await rest.say(emulator.general.id, {"content": "x", "components": [row(button())]})
    heard: list[discord.Interaction[Any]] = []
    answers: list[Any] = []

    class Opener:
        submitted = heard
        refusals = answers

        def __init__(self) -> None:
            self.submit_answer: JSON | None = {"type": 4, "data": {"content": "thanks"}}

        async def __call__(self, form: JSON) -> InteractionResult:
            async def press(interaction: discord.Interaction[Any]) -> None:
                path = f"/interactions/{interaction.id}/{interaction.token}/callback"
                if interaction.type is discord.InteractionType.modal_submit:
                    heard.append(interaction)
                    body = self.submit_answer
                else:
                    body = {"type": 9, "data": form}
                if body is not None:
                    answers.append(await rest.post(path, body))
                    if answers[-1][0] == 400:
                        await rest.post(path, {"type": 6})

            bot.on_press = press
            return await emulator.click("general", made["id"], "go")

    return Opener()


async def test_a_form_is_filled_in_and_sent(opened: Any, emulator: DiscordEmulator) -> None:
    form = modal(
        label("Your name", text_input(min_length=2, max_length=10), description="As you like"),
        label("Which", menu(options=2)),
        label("Files", FILES),
        label("Size", RADIO),
        label("Agree?", CHECK),
    )
    result = await opened(form)
    assert result.kind == "modal"
    (shown,) = emulator.open_modals()
    assert (shown["id"], shown["title"]) == (result.modal_id, "Form")
    values = {"Your name": "Ada", "pick": "Option 1", "files": [("a.txt", b"abc", "text/plain")], "size": "Big"}
    sent = await emulator.submit(result.modal_id, values)
    assert sent.kind == "message"
    assert emulator.open_modals() == []
    (interaction,) = opened.submitted
    assert interaction.message is not None
    data = interaction.data
    assert data["custom_id"] == "form"
    by_id = {each["component"]["custom_id"]: each["component"] for each in data["components"]}
    assert by_id["name"]["value"] == "Ada"
    assert by_id["pick"]["values"] == ["o1"]
    assert by_id["size"]["value"] == "big"
    assert by_id["agree"]["value"] is True
    (file_id,) = by_id["files"]["values"]
    assert data["resolved"]["attachments"][file_id]["filename"] == "a.txt"
    assert [each["type"] for each in data["components"]] == [18] * 5
    thanks = emulator.message("general", str(sent.message_id))
    assert thanks is not None
    assert thanks["interaction_metadata"]["triggering_interaction_metadata"]["type"] == 3


async def test_the_client_itself_checks(opened: Any, emulator: DiscordEmulator) -> None:
    required = {**FILES, "required": True, "min_values": 1}
    form = modal(label("Name", text_input(min_length=2)), label("Files", required), label("Size", RADIO))
    result = await opened(form)
    empty = await emulator.submit(result.modal_id)
    assert (empty.kind, empty.ok) == ("invalid", False)
    assert empty.errors == dict.fromkeys(("name", "files", "size"), "This field is required")
    three = [("a", b"", "x/y")] * 3
    short = await emulator.submit(result.modal_id, {"name": "A", "files": three, "size": "small"})
    assert short.errors == {
        "name": "Must be between 2 and 4000 in length.",
        "files": "Must be between 1 and 2 in length.",
    }
    assert opened.submitted == []
    with pytest.raises(PersonError):
        await emulator.submit(result.modal_id, {"other": "x"})
    with pytest.raises(PersonError):
        await emulator.submit(result.modal_id, {"size": "huge"})
    emulator.close_modal(result.modal_id)
    with pytest.raises(PersonError):
        await emulator.submit(result.modal_id)


async def test_what_was_there_before_is_sent_as_it_was(opened: Any, emulator: DiscordEmulator) -> None:
    chosen = {**menu(), "options": [{"label": "A", "value": "a", "default": True}, {"label": "B", "value": "b"}]}
    form = modal(label("Name", text_input(value="Ada")), label("Which", chosen), label("More", BOXES))
    result = await opened(form)
    assert (await emulator.submit(result.modal_id)).ok
    first, second, third = (each["component"] for each in opened.submitted[0].data["components"])
    assert (first["value"], second["values"], third["values"]) == ("Ada", ["a"], [])


async def test_an_older_form_of_rows(opened: Any, emulator: DiscordEmulator) -> None:
    result = await opened(modal(row(text_input(label="Name"))))
    await emulator.submit(result.modal_id, {"Name": "Ada"})
    (shown,) = opened.submitted[0].data["components"]
    assert (shown["type"], shown["components"][0]["value"]) == (1, "Ada")


async def test_a_form_nobody_takes_stays_open(opened: Any, emulator: DiscordEmulator) -> None:
    result = await opened(modal(label("Name", text_input())))
    opened.submit_answer, emulator.interaction_deadline = None, 0.05
    failed = await emulator.submit(result.modal_id, {"name": "Ada"})
    assert (failed.kind, failed.error) == ("failed", "Something went wrong. Try again.")
    assert len(emulator.open_modals()) == 1
    opened.submit_answer, emulator.interaction_deadline = {"type": 6}, 10.0
    assert (await emulator.submit(result.modal_id, {"name": "Ada"})).kind == "deferred_update"


async def test_a_form_is_no_answer_to_a_form(opened: Any, emulator: DiscordEmulator) -> None:
    result = await opened(modal(label("Name", text_input())))
    opened.submit_answer = {"type": 9, "data": modal(label("More", text_input()))}
    await emulator.submit(result.modal_id, {"name": "Ada"})
    status, body = opened.refusals[-1]
    assert (status, errors(body, "type")) == (400, ["BASE_TYPE_CHOICES"])
    assert "{4, 5, 6, 7}" in body["errors"]["type"]["_errors"][0]["message"]


L0 = "components.0"
C0 = "components.0.component"


@pytest.mark.parametrize(
    ("form", "path", "code"),
    [
        (modal(label("x", text_input()), title="x" * 46), "title", "BASE_TYPE_BAD_LENGTH"),
        (modal(label("x", text_input()), custom_id=""), "custom_id", "BASE_TYPE_REQUIRED"),
        (modal(), "components", "BASE_TYPE_BAD_LENGTH"),
        (modal(*(label("x", text_input(f"i{n}")) for n in range(6))), "components", "BASE_TYPE_BAD_LENGTH"),
        (modal(text_input()), L0, "UNION_TYPE_CHOICES"),
        (modal(row(menu())), f"{L0}.components.0", "UNION_TYPE_CHOICES"),
        (modal(label("x" * 46, text_input())), f"{L0}.label", "BASE_TYPE_BAD_LENGTH"),
        (modal(label("x", text_input(), description="x" * 101)), f"{L0}.description", "BASE_TYPE_BAD_LENGTH"),
        (modal({"type": 18, "label": "x"}), C0, "BASE_TYPE_REQUIRED"),
        (modal(label("x", button())), C0, "UNION_TYPE_CHOICES"),
        (modal(label("x", text_input(style=3))), f"{C0}.style", "BASE_TYPE_CHOICES"),
        (modal(label("x", text_input(value="x" * 4001))), f"{C0}.value", "BASE_TYPE_MAX_LENGTH"),
        (modal(label("x", text_input(max_length=4001))), f"{C0}.max_length", "NUMBER_TYPE_MAX"),
        (modal(label("x", text_input(placeholder="x" * 101))), f"{C0}.placeholder", "BASE_TYPE_MAX_LENGTH"),
        (modal(label("x", text_input("x" * 101))), f"{C0}.custom_id", "BASE_TYPE_BAD_LENGTH"),
        (modal(label("x", menu(options=26))), f"{C0}.options", "BASE_TYPE_BAD_LENGTH"),
        (modal(label("x", menu(min_values=0))), f"{C0}.min_values", "NUMBER_TYPE_MIN"),
        (modal(label("x", {**FILES, "max_values": 11})), f"{C0}.max_values", "NUMBER_TYPE_MAX"),
        (modal(label("x", {**RADIO, "options": RADIO["options"][:1]})), f"{C0}.options", "BASE_TYPE_BAD_LENGTH"),
        (modal(label("x", {**BOXES, "options": []})), f"{C0}.options", "BASE_TYPE_BAD_LENGTH"),
        (
            modal(label("x", text_input()), label("y", text_input())),
            "components.1.component.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
    ],
)
async def test_forms_have_limits(opened: Any, emulator: DiscordEmulator, form: JSON, path: str, code: str) -> None:
    assert (await opened(form)).kind == "deferred_update"
    status, body = opened.refusals[-1]
    assert (status, errors(body, "data", *path.split("."))) == (400, [code])
    assert emulator.open_modals() == []


async def test_discord_pys_own_form(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    made = await rest.say(emulator.general.id, {"content": "x", "components": [row(button())]})
    got: list[str] = []

    class Form(discord.ui.Modal, title="Feedback"):
        comment: discord.ui.Label[Any] = discord.ui.Label(
            text="Comment", component=discord.ui.TextInput(style=discord.TextStyle.paragraph)
        )
        files: discord.ui.Label[Any] = discord.ui.Label(
            text="Files", component=discord.ui.FileUpload(required=False, max_values=3)
        )

        async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
            assert isinstance(self.comment.component, discord.ui.TextInput)
            assert isinstance(self.files.component, discord.ui.FileUpload)
            got.append(self.comment.component.value)
            got.extend([f.filename for f in self.files.component.values])
            await interaction.response.send_message("noted", ephemeral=True)

    async def press(interaction: discord.Interaction[Any]) -> None:
        if interaction.type is discord.InteractionType.component:
            await interaction.response.send_modal(Form())

    bot.on_press = press
    result = await emulator.click("general", made["id"], "go")
    assert result.modal_id is not None
    sent = await emulator.submit(result.modal_id, {"Comment": "fine", "Files": [("a.txt", b"a", "text/plain")]})
    assert (sent.kind, got) == ("message", ["fine", "a.txt"])
