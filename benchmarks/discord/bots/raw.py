"""A bot on discord.py alone, as its documentation shows it. With ``--echo`` it answers every message, else it counts
them."""

import os
import sys

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from benchmarks.discord.tally import ASKED, Tally

Route.BASE = os.environ["DISCORD_API_URL"]
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])

intents = discord.Intents.none()
intents.guilds = intents.messages = intents.reactions = intents.message_content = True
client = discord.Client(intents=intents, max_messages=None)
tally = Tally()
echoes = "--echo" in sys.argv


@client.event
async def on_message(message: discord.Message) -> None:
    if message.author == client.user:
        return
    if echoes:
        await message.reply(f"echo {message.content}")
    elif message.content.startswith(ASKED):
        await message.channel.send(await tally.report(message.content))
    else:
        tally.note(message.content)


client.run(os.environ["DISCORD_BOT_TOKEN"], log_handler=None)
