"""ChatKit's limits, in one place. The gateway is the platform here, so the numbers are its own choice unless a source
is named."""

from gateway.model import Capabilities

TEXT = 100_000
"""Characters of a message, of people and of the bot."""
QUOTE = 10_000
"""Characters of a text that a message quotes."""
ATTACHMENTS = 100
"""Attachments that one message can name; the session's ``max_files`` bounds how many were uploaded."""
TITLE = 200
"""Characters of a thread's title."""
METADATA = 16
"""Pairs of a thread's metadata (OpenAI API reference, *metadata*)."""
METADATA_KEY = 64
"""Characters of a key of it (OpenAI API reference, *metadata*)."""
METADATA_VALUE = 512
"""Characters of a value of it (OpenAI API reference, *metadata*), of one that is no string as JSON."""
BUTTONS = 10
"""Buttons of a message."""
BUTTON_LABEL = 100
"""Characters of a button's label."""
PLAN_TASKS = 100
"""Tasks of a plan that are shown; of more the last one says how many."""
PAGE = 20
"""Threads or items of a page, unless the request says otherwise (OpenAI API reference, *List ChatKit threads*)."""
LARGEST_PAGE = 100
"""Threads or items of a page at most (OpenAI API reference, *List ChatKit threads*)."""
ID = 200
"""Characters of an id in a request; ours are shorter."""
UPLOADS = 16
"""Uploads of all sessions that are under way at the same time; each one lies on the disk until it is held."""
LINK_SECONDS = 7 * 86_400.0
"""Seconds for which the link to a file works, which is as long as the file is held."""

KEEP_ALIVE = 15.0
"""Seconds without an event after which a comment is sent, so that no proxy takes the stream for dead."""
LOG_EVENTS = 2_000
"""Events of a thread that are remembered for clients that come back."""
LOG_BYTES = 1_000_000
"""Bytes of these events."""
LOGS = 2_000
"""Threads whose events are remembered though nobody reads them; those of others are found in the store."""
BEHIND = 5_000
"""Events that a client may be behind; its stream is then closed, and the client comes back for the rest."""

CAPABILITIES = Capabilities(
    text_limit=TEXT,
    buttons_per_message=BUTTONS,
    button_label_limit=BUTTON_LABEL,
    action_token_limit=1_000,
    # The client sends the payload of an action, and nothing proves that the button had just that payload.
    forgeable_buttons=True,
    plans=True,
    files_per_message=10,
    # What the gateway holds on its disk for people who fetch it later.
    file_size_limit=250_000_000,
    edit_interval=0.2,
    # Pieces of text go to whoever reads the stream, and nowhere else.
    stream_interval=0.02,
    stream_limit=TEXT,
    stream_tasks=True,
    status_text=True,
    status_interval=3_600.0,
    feedback=True,
    feedback_token=False,
    citations=True,
)
"""What the gateway may do on ChatKit."""
