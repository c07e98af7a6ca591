"""Discord's limits, in one place, each with its source: a page of https://docs.discord.com/developers by its title."""

from gateway.model import Capabilities

CONTENT = 2_000
"""Characters of a message's ``content`` (Message resource, Create Message)."""
AUTHOR = 64
"""Characters of another author's name that are shown; the gateway's own choice, so that the line leaves room for the
text."""
ROW = 5
"""Buttons of one row (Component reference, Action Row)."""
ROWS = 5
"""Rows of one message, each of buttons or of one menu (Component reference, Legacy Message Component Behavior)."""
MENU_PLACEHOLDER = 150
"""Characters of what a menu shows before an option is picked (Component reference, String Select)."""
BUTTON_LABEL = 80
"""Characters of a button's label (Component reference)."""
CUSTOM_ID = 100
"""Characters of a ``custom_id`` (Component reference)."""
EMBED_TITLE = 256
"""Characters of an embed's title (Message resource, Embed limits)."""
EMBEDS = 10
"""Embeds of one message (Message resource, Create Message)."""
EMBED_TOTAL = 6_000
"""Characters of the titles, descriptions, names and values of all embeds of a message (Message resource, Embed
limits)."""
EMBED_DESCRIPTION = 4_096
"""Characters of an embed's description (Message resource, Embed limits)."""
EMBED_FIELDS = 25
"""Fields of one embed (Message resource, Embed limits)."""
EMBED_NAME = 256
"""Characters of the name of an embed's field (Message resource, Embed limits)."""
EMBED_FIELD = 1_024
"""Characters of the value of an embed's field (Message resource, Embed limits)."""
EMBED_URL = 2_048
"""Characters of an embed's URL; not documented, the number is the one that Discord's form errors name."""
FILES = 10
"""Attachments of one message; not documented, but 11 are refused as ``BASE_TYPE_MAX_LENGTH``."""
FILE_BYTES = 10 * 1024 * 1024
"""Bytes of one attachment in a server without boosts (API reference, "Uploading Files")."""
REQUEST_BYTES = 25 * 1024 * 1024
"""Bytes of one request (API reference, "Uploading Files")."""
MODAL_TITLE = 45
"""Characters of a modal's title (Component reference)."""
MODAL_FIELDS = 5
"""Fields of one modal (Component reference)."""
LABEL = 45
"""Characters of a field's label (Component reference)."""
COMMAND_NAME = 32
"""Characters of a command's name (Application Commands, Application Command Naming)."""
COMMAND_COUNT = 100
"""Slash commands of one application (Application Commands, Registering a Command)."""
DESCRIPTION = 100
"""Characters of the description below a label, or of an option (Component reference)."""
PLACEHOLDER = 100
"""Characters of the placeholder of a text input (Component reference, Text Input)."""
TEXT_INPUT = 4_000
"""Characters of a text input (Component reference)."""
OPTIONS = 25
"""Options of a select (Component reference)."""
GROUP_OPTIONS = 10
"""Options of radio buttons (2 at least) and of checkboxes (Component reference, Radio Group and Checkbox Group)."""
OPTION = 100
"""Characters of an option's label or value (Component reference)."""
UPLOADS = 10
"""Files of one file upload (Component reference)."""
THREAD_NAME = 100
"""Characters of a thread's name (Channel resource, Start Thread from Message)."""
THREAD_MINUTES = 4_320
"""Minutes without a message after which a thread leaves the channel list; the next message brings it back."""
NONCE = 25
"""Characters of a nonce (Message resource, Create Message)."""
MENTIONS = 100
"""Ids in one list of ``allowed_mentions`` (Message resource, Allowed Mentions)."""
PAGE = 100
"""Messages of one page of history (Message resource, Get Channel Messages)."""
INTERACTION_TOKEN = 15 * 60
"""Seconds an interaction's token lives (Receiving and Responding)."""
ANSWER_WITHIN = 2.5
"""Seconds until an interaction is answered neutrally. Discord waits 3 (Receiving and Responding); the rest is for the
answer itself."""
LONGEST_WAIT = 30.0
"""Seconds discord.py waits for a rate limit by itself (its smallest ``max_ratelimit_timeout``); the gateway waits out
longer ones, where it can tell the user."""

ID_MARK = 4
"""Characters that the adapter's controls put in front of a token in their ``custom_id``."""

CAPABILITIES = Capabilities(
    # ``-# name`` and a line break, and room for a table that becomes aligned text.
    text_limit=CONTENT - AUTHOR - 36,
    # One of the five rows is for the thumbs.
    buttons_per_message=(ROWS - 1) * ROW,
    button_label_limit=BUTTON_LABEL,
    # Discord counts characters, so as many bytes always fit.
    action_token_limit=CUSTOM_ID - ID_MARK,
    menus=True,
    menu_options=OPTIONS,
    # Each has a row of its own.
    menus_per_message=ROWS - 1,
    # One character tells options with the same token apart.
    menu_token_limit=OPTION - 1,
    cards=True,
    plans=True,
    files_per_message=FILES,
    file_size_limit=FILE_BYTES,
    # Edits share a bucket of five in five seconds with all other edits in the channel.
    edit_interval=1.3,
    # Typing is shown for ten seconds (Channel resource, Trigger Typing Indicator).
    status_interval=8.0,
    forms=True,
    form_fields=MODAL_FIELDS,
    form_options=OPTIONS,
    form_files=True,
    feedback=True,
    # Discord tells nobody the nonce of an earlier message.
    known_by_words=True,
)
"""What the gateway may do on Discord."""
