"""Discord's numbers, in one place, each with where it comes from."""

from gateway.model import Capabilities

CONTENT = 2_000
"""Characters of a message's ``content`` (Message resource, Create Message)."""
AUTHOR = 64
"""Characters of another author's name that are shown; ours, so that the line leaves room for the text."""
ROW = 5
ROWS = 5
BUTTON_LABEL = 80
CUSTOM_ID = 100
"""Component reference: buttons of a row, rows of a message, label, custom_id."""
EMBED_TITLE = 256
EMBED_URL = 2_048
"""Message resource, Embed limits. The length of a URL is not documented; it is what form errors name."""
FILES = 10
"""Attachments of one message (not documented; 11 are refused as ``BASE_TYPE_MAX_LENGTH``)."""
FILE_BYTES = 10 * 1024 * 1024
"""Of one attachment, without a boosted server (API reference, "Uploading Files")."""
REQUEST_BYTES = 25 * 1024 * 1024
"""Of one request (the same)."""
MODAL_TITLE = 45
MODAL_FIELDS = 5
LABEL = 45
DESCRIPTION = 100
PLACEHOLDER = 100
TEXT_INPUT = 4_000
OPTIONS = 25
OPTION = 100
UPLOADS = 10
"""Component reference: modals, label, text input, string select, file upload."""
THREAD_NAME = 100
"""Channel resource, Start Thread from Message."""
THREAD_MINUTES = 4_320
"""After so many minutes without a message a thread leaves the channel list; the next message brings it back."""
NONCE = 25
"""Characters of a nonce (Message resource, Create Message)."""
MENTIONS = 100
"""Ids in one list of ``allowed_mentions`` (Message resource, Allowed Mentions)."""
PAGE = 100
"""Messages of one page of history (Message resource, Get Channel Messages)."""
INTERACTION_TOKEN = 15 * 60
"""Seconds an interaction's token lives (Receiving and Responding)."""
ANSWER_WITHIN = 2.5
"""Seconds until an interaction is answered neutrally. Discord waits 3 (the same): half a one is for the answer."""
LONGEST_WAIT = 30.0
"""Seconds discord.py waits for a rate limit by itself (its smallest ``max_ratelimit_timeout``); the core waits longer
ones, where it can say so."""

ID_MARK = 4
"""Characters our controls put in front of a token in their ``custom_id``."""

CAPABILITIES = Capabilities(
    # ``-# name`` and a line break, and room for a table that becomes aligned text.
    text_limit=CONTENT - AUTHOR - 36,
    # One of the five rows is for the thumbs.
    buttons_per_message=(ROWS - 1) * ROW,
    button_label_limit=BUTTON_LABEL,
    # Discord counts characters, so as many bytes always fit.
    action_token_limit=CUSTOM_ID - ID_MARK,
    files_per_message=FILES,
    file_size_limit=FILE_BYTES,
    # Edits share a bucket of five in five seconds with all other edits in the channel.
    edit_interval=1.3,
    # Typing is shown for ten seconds (Channel resource, Trigger Typing Indicator).
    status_interval=8.0,
    forms=True,
    form_files=True,
    feedback=True,
    # Discord tells nobody the nonce of an earlier message.
    known_by_words=True,
)
