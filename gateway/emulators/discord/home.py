"""The guild that every emulator begins with: its channels, its people and the bot. The ids are always the same."""

from gateway.emulators.discord.permissions import EVERYONE, Permission
from gateway.emulators.discord.state import Channel, Guild, Member, Overwrite, Role, User
from gateway.emulators.discord.values import ChannelType, seconds_of
from gateway.emulators.discord.world import World, fixed_id

GUILD_ID = fixed_id(1)
"""The id of the guild."""
BOT_ID = fixed_id(10)
"""The id of the bot's user and of its application."""
ADA_ID, GRACE_ID, LINUS_ID = fixed_id(20), fixed_id(21), fixed_id(22)
"""The ids of the people."""
GENERAL_ID, RANDOM_ID, IDEAS_ID, SECRET_ID, DM_ID = (fixed_id(number) for number in range(30, 35))
"""The ids of the channels and of Ada's direct message with the bot."""
_BOT_ROLE_ID, _TEAM_ROLE_ID = fixed_id(40), fixed_id(41)


def bot() -> User:
    """Return the bot's user."""
    return User(BOT_ID, "gateway", None, "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3", bot=True)


def build_guild(world: World, bot_permissions: int) -> Guild:
    """Build the guild in an empty world. ``bot_permissions`` is what the bot's own role adds to everyone's
    permissions."""
    people = [
        User(ADA_ID, "ada", "Ada", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        User(GRACE_ID, "grace", "Grace", None),
        User(LINUS_ID, "linus", "Linus", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
    ]
    world.users |= {user.id: user for user in people}
    guild = Guild(GUILD_ID, "Gateway HQ", ADA_ID, seconds_of(GUILD_ID))
    world.guilds[guild.id] = guild
    guild.roles[guild.id] = Role(guild.id, "@everyone", int(EVERYONE))
    guild.roles[_BOT_ROLE_ID] = Role(_BOT_ROLE_ID, "gateway", bot_permissions, 2, managed=True, bot_id=BOT_ID)
    guild.roles[_TEAM_ROLE_ID] = Role(_TEAM_ROLE_ID, "team", 0, 1, mentionable=True)
    joined = seconds_of(LINUS_ID)
    for user in people:
        guild.members[user.id] = Member(user, joined)
    guild.members[GRACE_ID].nick = "Amazing Grace"
    guild.members[LINUS_ID].roles.append(_TEAM_ROLE_ID)
    guild.members[BOT_ID] = Member(world.bot, joined, roles=[_BOT_ROLE_ID])
    secret = {guild.id: Overwrite(guild.id, 0, deny=int(Permission.VIEW_CHANNEL))}
    secret[GRACE_ID] = Overwrite(GRACE_ID, 1, allow=int(Permission.VIEW_CHANNEL))
    for channel in (
        Channel(GENERAL_ID, ChannelType.TEXT, "general", guild.id, position=0, topic="Everything"),
        Channel(RANDOM_ID, ChannelType.TEXT, "random", guild.id, position=1),
        Channel(IDEAS_ID, ChannelType.FORUM, "ideas", guild.id, position=2, topic="One post per idea"),
        Channel(SECRET_ID, ChannelType.TEXT, "secret", guild.id, position=3, overwrites=secret),
        Channel(DM_ID, ChannelType.DM, recipient=ADA_ID),
    ):
        world.add_channel(channel)
    return guild
