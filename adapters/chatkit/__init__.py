"""ChatKit: programs and web pages talk to the bot by OpenAI's ChatKit protocol. The gateway itself is the platform."""
