"""Dispatches of Discord as its documents show them, with every field that is read of them."""

from typing import Any

from tests.discord.test_parse import ADA, AUTHOR, BOT, GENERAL, GUILD, ME, THREAD

Data = dict[str, Any]

MEMBER: Data = {"nick": "Countess", "roles": ["51"], "joined_at": "2026-01-01T00:00:00+00:00"}
FILE: Data = {
    "id": "7",
    "filename": "a.txt",
    "title": "ä",
    "content_type": "text/plain; charset=utf-8",
    "size": 3,
    "url": "https://cdn.discordapp.com/attachments/1/7/a.txt",
    "duration_secs": 1.5,
}
EMBED: Data = {
    "type": "rich",
    "title": "Title",
    "url": "https://example.com",
    "description": "<@20> in <#30>",
    "author": {"name": "who"},
    "provider": {"name": "Site"},
    "fields": [{"name": "Host", "value": "db", "inline": True}],
    "footer": {"text": "below"},
}
DISPLAY: Data = {"type": 10, "content": "deep"}
COMPONENTS: list[Data] = [
    {
        "type": 17,
        "components": [{"type": 9, "components": [{"type": 10, "content": "deep"}], "accessory": {"type": 11}}],
    },
    {"type": 1, "components": [{"type": 2, "custom_id": "gwa0tok", "label": "Go"}]},
]
POLL: Data = {"question": {"text": "Tea?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "Yes"}}]}
SAID: Data = {
    "id": "1573471091890847744",
    "type": 0,
    "flags": 1 << 13,
    "channel_id": THREAD,
    "guild_id": GUILD,
    "author": AUTHOR,
    "member": MEMBER,
    "content": "<@10> see <#30>, <@&51>, <t:1618953630:S> and `<@20>`",
    "mentions": [{**ME, "member": MEMBER}],
    "mention_roles": ["50"],
    "attachments": [FILE],
    "embeds": [EMBED, {**EMBED, "type": "article"}],
    "components": COMPONENTS,
    "sticker_items": [{"id": "1", "name": "Wave"}],
    "poll": POLL,
    "nonce": "1",
    "edited_timestamp": "2026-11-20T22:00:00+00:00",
}
REPLY: Data = {
    **SAID,
    "type": 19,
    "channel_id": GENERAL,
    "message_reference": {"type": 0, "message_id": "70", "channel_id": GENERAL, "guild_id": GUILD},
    "referenced_message": {**SAID, "id": "70", "author": ME, "message_reference": {"message_id": "71"}},
}
FORWARD: Data = {
    **SAID,
    "content": "",
    "message_reference": {"type": 1, "message_id": "70", "channel_id": GENERAL},
    "message_snapshots": [{"message": {"content": "far", "attachments": [FILE], "embeds": [EMBED], "poll": POLL}}],
}
INTERACTION: Data = {
    "id": "1573471091890847744",
    "application_id": "11",
    "token": "s3cret",
    "channel_id": THREAD,
    "guild_id": GUILD,
    "channel": {"id": THREAD, "type": 11, "parent_id": GENERAL},
    "member": {**MEMBER, "user": AUTHOR},
    "message": {"id": "5", "message_reference": {"message_id": "70"}},
}
RECORDED: list[tuple[str, Data]] = [
    ("MESSAGE_CREATE", SAID),
    ("MESSAGE_CREATE", REPLY),
    ("MESSAGE_CREATE", FORWARD),
    ("MESSAGE_UPDATE", REPLY),
    ("MESSAGE_DELETE", {"id": "5", "channel_id": THREAD, "guild_id": GUILD}),
    ("MESSAGE_DELETE_BULK", {"ids": ["5", "6"], "channel_id": GENERAL, "guild_id": GUILD}),
    (
        "MESSAGE_REACTION_ADD",
        {
            "user_id": ADA,
            "channel_id": THREAD,
            "message_id": "5",
            "guild_id": GUILD,
            "member": {**MEMBER, "user": AUTHOR},
            "emoji": {"id": "9", "name": "yes"},
        },
    ),
    ("INTERACTION_CREATE", {**INTERACTION, "type": 3, "data": {"custom_id": "gwa0tok", "component_type": 2}}),
    ("INTERACTION_CREATE", {**INTERACTION, "type": 3, "data": {"custom_id": "gws0tell me", "component_type": 2}}),
    (
        "INTERACTION_CREATE",
        {**INTERACTION, "type": 2, "data": {"id": "1", "name": "new", "options": [{"name": "text", "value": "x"}]}},
    ),
    (
        "INTERACTION_CREATE",
        {
            **INTERACTION,
            "type": 5,
            "data": {
                "custom_id": "gwf0tok",
                "components": [
                    {"type": 18, "component": {"type": 4, "custom_id": "n|1|9|many", "value": "7"}},
                    {"type": 18, "component": {"type": 19, "custom_id": "f|file", "values": ["7"]}},
                    {"type": 18, "component": {"type": 3, "custom_id": "m|kinds", "values": ["a", "b"]}},
                ],
                "resolved": {"attachments": {"7": FILE}},
            },
        },
    ),
    ("THREAD_CREATE", {"id": "41", "type": 11, "guild_id": GUILD, "parent_id": GENERAL, "name": "new"}),
    ("THREAD_UPDATE", {"id": THREAD, "type": 11, "guild_id": GUILD, "thread_metadata": {"archived": True}}),
    ("THREAD_LIST_SYNC", {"guild_id": GUILD, "threads": [{"id": "41", "type": 11, "parent_id": GENERAL}]}),
    ("THREAD_MEMBERS_UPDATE", {"id": THREAD, "guild_id": GUILD, "removed_member_ids": [BOT]}),
    ("THREAD_DELETE", {"id": THREAD, "guild_id": GUILD, "parent_id": GENERAL, "type": 11}),
    ("CHANNEL_DELETE", {"id": GENERAL, "guild_id": GUILD, "type": 0}),
    ("GUILD_ROLE_UPDATE", {"guild_id": GUILD, "role": {"id": "52", "name": "x", "tags": {"bot_id": BOT}}}),
    ("GUILD_CREATE", {"id": GUILD, "channels": [{"id": "31", "type": 0}], "threads": [], "roles": [{"id": "50"}]}),
    ("GUILD_DELETE", {"id": GUILD}),
]
