"""What a platform can do, as data: the gateway reads these values and never the platform's name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The limits and abilities of one platform. The adapter that states them names the source of each number."""

    text_limit: int
    """Characters of Markdown in one message."""
    tables_per_message: int | None = None
    """Native tables that one message can have; None for no limit."""
    buttons_per_message: int
    """Buttons that one message can have."""
    button_label_limit: int
    """Characters of a button's label."""
    action_token_limit: int
    """UTF-8 bytes a button can carry; a longer payload is kept in the store and the button carries its key."""
    forgeable_buttons: bool = False
    """Whether the user's own client sends back what a button carries and may have changed it. Such a button carries
    only a key to the store."""
    menus: bool = False
    """Whether a message can have select menus; otherwise their options become buttons."""
    menu_options: int = 25
    """Options that one menu can have."""
    menus_per_message: int = 5
    """Menus that one message can have."""
    menu_token_limit: int = 100
    """UTF-8 bytes that an option of a menu can carry; a longer payload is kept in the store and the option carries its
    key."""
    cards: bool = False
    """Whether the platform draws ``Outgoing.cards``; otherwise they are part of the text."""
    plans: bool = False
    """Whether the platform draws ``Outgoing.plan``; otherwise it is part of the text."""
    files_per_message: int
    """Files that one message can have."""
    file_size_limit: int
    """Bytes that one uploaded file can have."""
    edit_interval: float = 1.0
    """Seconds between two edits of one message while it streams."""
    stream_interval: float = 0.25
    """Seconds between two appends of a native stream."""
    stream_limit: int = 0
    """Characters one native stream can hold; 0 when there is no native streaming."""
    stream_tasks: bool = False
    """Whether a native stream shows tasks (``MessageStream.tasks``)."""
    status_text: bool = False
    """Whether the sign that the bot works shows a text (``Adapter.status``)."""
    status_interval: float = 60.0
    """Seconds after which the typing indicator fades and must be shown again."""
    forms: bool = False
    """Whether a click can open a form."""
    form_fields: int = 5
    """Fields that one form can have; more are asked for in several forms."""
    form_options: int = 25
    """Options that a select of a form can have; of more, one is named in a text field."""
    form_files: bool = False
    """Whether a form can have file fields."""
    feedback: bool = False
    """Whether the platform shows thumbs under a message."""
    feedback_token: bool = True
    """Whether thumbs bring back ``Outgoing.feedback``. Otherwise they bring the platform's own id of the message only,
    and the gateway stores which message has that id."""
    known_by_words: bool = False
    """Whether a message whose receipt was lost may have to be found by its text (``SupportsLookup``). The store then
    keeps the ids of what finished turns posted, so that the same text of another turn is not taken for it."""
    citations: bool = False
    """Whether the platform shows sources beside the text; otherwise they are listed under it."""

    @property
    def token_room(self) -> int:
        """UTF-8 bytes of a token that a button can carry without the store; 0 for forgeable buttons."""
        return 0 if self.forgeable_buttons else self.action_token_limit

    @property
    def menu_token_room(self) -> int:
        """UTF-8 bytes of a token that an option of a menu can carry without the store, also where the platform refuses
        the menu and the option becomes a button."""
        return min(self.token_room, self.menu_token_limit)
