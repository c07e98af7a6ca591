"""The API that a bot is written with: messages, asks, actions, elements, the session, and the decorators."""
