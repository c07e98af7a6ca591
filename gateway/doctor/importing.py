"""Imports a bot's file in a process of its own and prints what came of it as one line of JSON."""

import json
import sys

from dotenv import load_dotenv

from gateway.app import loaded
from gateway.doctor.bot import MARK
from gateway.errors import SettingsError
from gateway.redaction import redact
from gateway.settings import GatewaySettings, conceal_secrets


def main(bot: str) -> None:
    """Import the bot's file, and print whether that works and whether it hears messages."""
    found: dict[str, object]
    try:
        conceal_secrets()
        load_dotenv(".env")  # the bot's own variables, as `gateway run` reads them
        callbacks, _ = loaded(bot, GatewaySettings.read(), say=lambda _: None)
        found = {"hears": callbacks.on_message is not None}
    except SettingsError as error:
        found = {"error": redact(str(error))}
    print(f"\n{MARK}{json.dumps(found)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
