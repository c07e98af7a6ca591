"""Slack's limits, in one place, each with its source: a page of https://docs.slack.dev by its title."""

from gateway.model import Capabilities

MARKDOWN_BLOCK_TEXT = 12_000
"""Characters in all ``markdown`` blocks of one message (Block Kit reference, markdown block)."""
TEXT_FALLBACK = 4_000
"""Characters of ``text`` that chat.postMessage recommends; Slack truncates at 40,000."""
TABLE_ROWS = 100
"""Rows of a table (Block Kit reference, table block)."""
TABLE_COLUMNS = 20
"""Columns of a table (Block Kit reference, table block)."""
TABLE_TEXT = 10_000
"""Characters in the cells of all tables of one message; more is ``invalid_blocks`` (observed, not documented)."""
ACTIONS_PER_BLOCK = 25
"""Elements of one actions block (Block Kit reference, actions block)."""
BUTTON_LABEL = 75
"""Characters of a button's label (Block Kit reference, button element)."""
BUTTON_VALUE = 2_000
"""Characters of a button's value (Block Kit reference, button element)."""
IMAGE_URL = 3_000
"""Characters of an image's URL (Block Kit reference, image block)."""
ALT_TEXT = 2_000
"""Characters of an image's alternative text (Block Kit reference, image block)."""
MODAL_TITLE = 24
"""Characters of a modal's title, submit and close labels (Views reference)."""
PRIVATE_METADATA = 3_000
"""Characters of a modal's ``private_metadata`` (Views reference)."""
INPUT_LABEL = 2_000
"""Characters of an input's label (Block Kit reference, input block)."""
PLACEHOLDER = 150
"""Characters of a placeholder (Block Kit reference, plain text input)."""
TEXT_INPUT = 3_000
"""Characters of a text input (Block Kit reference, plain text input)."""
OPTION_LABEL = 75
"""Characters of an option's label (Block Kit reference, option object)."""
OPTION_VALUE = 150
"""Characters of an option's value (Block Kit reference, option object)."""
OPTIONS = 100
"""Options of a select menu (Block Kit reference, select menus)."""
OPTION_GROUPS = 100
"""Groups of options of a select menu (Block Kit reference, select menus)."""
CHOICES = 10
"""Options of radio buttons and of checkboxes (Block Kit reference, radio buttons, checkboxes)."""
SHORTEST_LABEL = 12
"""Characters to which an option's label may be cut where a message has little room; our own choice."""
MESSAGE_TEXT = 13_000
"""Characters of text in all blocks of one message, safely under ``msg_blocks_too_long``, which users reported near
13,200 (bolt-js issue 2509), with something for every block (bolt-js issue 2867)."""
SECTION_TEXT = 3_000
"""Characters of a section's text and of a context's (Block Kit reference, section block, text object)."""
FIELDS = 10
"""Fields of a section (Block Kit reference, section block)."""
FIELD_TEXT = 2_000
"""Characters of a section's field (Block Kit reference, section block)."""
CONTAINER_TITLE = 150
"""Characters of a container's title (Block Kit reference, container block)."""
CHILD_BLOCKS = 10
"""Blocks inside a container (Block Kit reference, container block)."""
CARDS = 10
"""Cards of one message; our own choice, far below the 50 blocks that a message has."""
PLAN_TASKS = 50
"""Tasks of one plan; our own choice, since the plan block's reference names no number."""
TASK_TITLE = 256
"""Characters of a plan's title and of a task's, which Slack documents only for streams (chat.appendStream)."""
TASK_DETAILS = 1_000
"""Characters of a task's details and of its output in a plan; our own choice, half a screen."""
STEPS_TEXT = 5_000
"""Characters of the collapsed steps of one message; our own choice."""
COMMAND_NAME = 28
"""Characters of the app's slash command: Slack takes 32 with the slash (app manifest reference), and it may get an
ending."""
HINT = 2_000
"""Characters of the hint below an input (Block Kit reference, input block)."""
FORM_OPTIONS = 1_000
"""Options of one select of a form: more of them would near the 250 KB of a view (Views reference)."""
FILE_INPUT_FILES = 10
"""Files of one file input (Block Kit reference, file input)."""
TASK_TEXT = 256
"""Characters of the details and of the output of a ``task_update`` chunk (chat.appendStream reference)."""
STREAM_BYTES = 11_500
"""UTF-8 bytes of a whole stream, safely under ``msg_too_long``, which users reported near 12,000."""
STREAM_BYTES_WITH_TASKS = 10_000
"""UTF-8 bytes of a whole stream with task cards, safely under ``msg_too_long``, which users reported near 10,600;
details and output count twice."""
SESSION_TITLE = 200
"""Characters of a session's title (agents.sessions.rename reference)."""
PROMPTS = 4
"""Number of suggested prompts (assistant.threads.setSuggestedPrompts reference)."""
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
    menus=True,
    # Three groups of a hundred; the text of more would not fit into one message.
    menu_options=3 * OPTIONS,
    menus_per_message=5,
    menu_token_limit=OPTION_VALUE,
    cards=True,
    plans=True,
    # chat.appendStream is tier 4: about 100 a minute.
    stream_interval=0.6,
    # A stream as a whole ends near 12,000 bytes (see STREAM_BYTES); past that in bytes the adapter expires it itself.
    stream_limit=10_000,
    stream_tasks=True,
    status_text=True,
    forms=True,
    form_fields=100,
    # Options in groups: a hundred groups of a hundred, of which a person finds one by typing.
    form_options=FORM_OPTIONS,
    form_files=True,
    feedback=True,
)
"""What the gateway may do on Slack."""
