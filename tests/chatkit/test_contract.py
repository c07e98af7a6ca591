"""ChatKit keeps the contract of the whole gateway, over HTTP on loopback."""

from tests.contract.bot import BotContract


class TestChatKitBot(BotContract):
    pass
