"""What a test is told that asks for what a platform does not have."""


class NotOnThisPlatform(RuntimeError):
    """The platform has no such thing: Discord has no stop button, for example. The text names it."""
