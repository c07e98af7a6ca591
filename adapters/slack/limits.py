"""Slack's numbers, in one place, each with where it comes from."""

from gateway.model import Capabilities

MARKDOWN_BLOCK_TEXT = 12_000
"""Characters in all ``markdown`` blocks of one message (Block Kit reference, markdown block)."""
TEXT_FALLBACK = 4_000
"""Characters of ``text``: what chat.postMessage recommends; it truncates at 40,000."""
TABLE_ROWS = 100
TABLE_COLUMNS = 20
"""Block Kit reference, table block."""
TABLE_TEXT = 10_000
"""Characters in the cells of all tables of one message; more is ``invalid_blocks`` (observed, not documented)."""
ACTIONS_PER_BLOCK = 25
BUTTON_LABEL = 75
BUTTON_VALUE = 2_000
"""Block Kit reference, actions block and button element."""
IMAGE_URL = 3_000
ALT_TEXT = 2_000
"""Block Kit reference, image block."""
MODAL_TITLE = 24
"""Views reference: title, submit and close."""
PRIVATE_METADATA = 3_000
"""Views reference."""
INPUT_LABEL = 2_000
PLACEHOLDER = 150
TEXT_INPUT = 3_000
OPTION_LABEL = 75
OPTION_VALUE = 150
OPTIONS = 100
FILE_INPUT_FILES = 10
"""Block Kit reference: input block, plain text input, option object, select menus, file input."""
TASK_TEXT = 256
"""``task_update`` chunk: details and output (chat.appendStream reference)."""
STREAM_BYTES = 11_500
STREAM_BYTES_WITH_TASKS = 10_000
"""UTF-8 bytes of a whole stream, safely under ``msg_too_long``: reports put it near 12,000, and near 10,600 with task
cards, whose details and output weigh double."""
SESSION_TITLE = 200
"""agents.sessions.rename reference."""
PROMPTS = 4
"""assistant.threads.setSuggestedPrompts reference."""
SIGNATURE_AGE = 300
"""Seconds a signed request stays valid (verifying requests from Slack)."""

CAPABILITIES = Capabilities(
    # All block text together is refused from about 13,200 characters on (msg_blocks_too_long), the markdown block
    # alone at 12,000; the rest is room for buttons, feedback and a table turned into a code block.
    text_limit=11_000,
    # A second table block used to be refused (only_one_table_allowed); one is accepted everywhere.
    tables_per_message=1,
    buttons_per_message=ACTIONS_PER_BLOCK,
    button_label_limit=BUTTON_LABEL,
    # Slack counts characters; the feedback control puts one of its own in front.
    action_token_limit=BUTTON_VALUE - 1,
    files_per_message=10,
    # 1 GB per file (Slack help, "Add files to Slack").
    file_size_limit=1_000_000_000,
    # chat.update is tier 3: about 50 a minute.
    edit_interval=1.2,
    # chat.appendStream is tier 4: about 100 a minute.
    stream_interval=0.6,
    # A stream as a whole ends near 12,000 bytes (see STREAM_BYTES); past that in bytes the adapter expires it itself.
    stream_limit=10_000,
    forms=True,
    form_files=True,
    feedback=True,
)
