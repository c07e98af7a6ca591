"""The documented import path of Chainlit's Discord client, as far as a bot needs it."""
