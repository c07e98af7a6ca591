"""What a platform can do, as data: the core reads this, never the platform's name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Limits and abilities; the adapter says where each number comes from."""

    text_limit: int
    """Characters of Markdown in one message."""
    tables_per_message: int | None = None
    """Native tables in one message; None for no limit."""
    buttons_per_message: int
    button_label_limit: int
    action_token_limit: int
    """UTF-8 bytes a button can carry; a longer payload is kept in the store and the button carries its key."""
    forgeable_buttons: bool = False
    """What a button carries comes back from the user's own client, which may have changed it. Then it carries a key to
    the store, and nothing else is believed."""
    files_per_message: int
    file_size_limit: int
    """Bytes of one uploaded file."""
    edit_interval: float = 1.0
    """Seconds between two edits of one message while it streams."""
    stream_interval: float = 0.25
    """Seconds between two appends of a native stream."""
    stream_limit: int = 0
    """Characters one native stream can hold; 0 when there is no native streaming."""
    status_interval: float = 60.0
    """Seconds after which the sign that the bot is working fades and must be shown again."""
    forms: bool = False
    form_files: bool = False
    """A form may have file fields."""
    feedback: bool = False
    """Can show thumbs under a message."""
    feedback_token: bool = True
    """Thumbs bring back ``Outgoing.feedback``; else only the platform's own id of the message, and the core remembers
    what that was."""
    known_by_words: bool = False
    """A message whose receipt was lost may have to be found by what it says (``SupportsLookup``): the ids of what
    finished turns posted are kept, so that the same words of another turn are not taken for it."""
    citations: bool = False
    """Shows sources beside the text; else they are listed under it."""

    @property
    def token_room(self) -> int:
        """UTF-8 bytes of meaning a button may carry itself."""
        return 0 if self.forgeable_buttons else self.action_token_limit
