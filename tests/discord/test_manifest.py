"""The checked-in manifest is the generated one, and it asks for what is used."""

import json
from pathlib import Path
from typing import Any

from adapters.discord.manifest import INTENTS, PERMISSIONS, app_manifest, bits
from adapters.discord.sdk import discord
from gateway.adapter import AdapterContext, AppOptions, SupportsHistory, SupportsReactions, SupportsTitles
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.values import Intent
from gateway.model import COMMANDS, Outgoing, OutgoingFile
from gateway.model.element import FromBytes, FromUrl
from tests.contract.harness import AdapterHarness
from tests.discord.world import DiscordWorld, discord_world

ROOT = Path(__file__).parents[2]


def made(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app_manifest(AppOptions(**options)))
    return found


def test_the_file_in_the_repository_is_the_generated_one() -> None:
    assert (ROOT / "manifests" / "discord.json").read_text() == app_manifest(AppOptions())


def test_the_bits_are_discords() -> None:
    for need in INTENTS:
        assert 1 << need.bit == Intent[need.name]
    for need in PERMISSIONS:
        assert 1 << need.bit == Permission[need.name]
        assert discord.Permissions(1 << need.bit) != discord.Permissions.none()
    assert discord.Intents._from_value(bits(INTENTS)).message_content


def test_the_tables_name_each_thing_once_with_a_reason() -> None:
    for table in (INTENTS, PERMISSIONS):
        assert len({need.name for need in table}) == len({need.bit for need in table}) == len(table)
        assert all(need.why for need in table)


def test_the_install_url_asks_for_the_permissions_of_the_table() -> None:
    assert "client_id=YOUR-APP-ID" in made()["install_url"]
    url = made(app_id="1234")["install_url"]
    assert url.startswith("https://discord.com/oauth2/authorize?client_id=1234&")
    assert f"permissions={bits(PERMISSIONS)}&" in url
    assert url.endswith("scope=bot+applications.commands")


def test_every_command_of_the_gateway_is_told() -> None:
    assert [command["name"] for command in made()["commands"]] == [command.name for command in COMMANDS]


async def test_these_permissions_are_enough_for_all_the_adapter_does() -> None:
    """A bot with nothing but what the table asks for, in a server that gives its members nothing."""
    async with discord_world(bot_permissions=bits(PERMISSIONS)) as world:
        deny_everyone(world)
        harness = AdapterHarness(world, AdapterContext())
        async with harness.adapter.connect(harness.accept):
            await world.connected()
            post, ref = await harness.mention("hello")
            files = (
                OutgoingFile(name="a.txt", source=FromBytes(data=b"a")),
                OutgoingFile(name="b", kind="image", source=FromUrl(url="https://files.example/b.png")),
            )
            await harness.adapter.status(ref, "is thinking…")
            sent = await harness.adapter.send(ref, Outgoing(text="see", files=files), key="k")
            await harness.adapter.edit(sent, Outgoing(text="see again", files=files))
            adapter = harness.adapter
            assert isinstance(adapter, SupportsReactions)
            await adapter.react(ref, post.id, "👍", added=True)
            assert isinstance(adapter, SupportsTitles)
            await adapter.set_title(ref, "A title")
            assert isinstance(adapter, SupportsHistory)
            past = await adapter.history(ref, limit=5)
            assert [each.text for each in past] == ["hello", "see again"]
            await harness.adapter.delete(sent)
            assert world.title(post.place) == "A title"
            [thread] = world.discord.threads("general")
            assert thread["id"] == post.id


def deny_everyone(world: DiscordWorld) -> None:
    guild = world.discord.guild
    guild.roles[guild.id].permissions = 0
    for person in (world.discord.ada, world.discord.grace):
        allowed = ("VIEW_CHANNEL", "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS", "READ_MESSAGE_HISTORY")
        world.discord.permit("general", allow=allowed, who=person.id)
