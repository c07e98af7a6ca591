"""Teams' limits, in one place, each with its source.

"docs" is https://learn.microsoft.com/microsoftteams/platform, by the path of the page.
"""

from gateway.model import Capabilities

MESSAGE_BYTES = 100 * 1024
"""Bytes of an activity as UTF-16, not counting pictures as data URIs; more is answered 413 (docs
bots/how-to/format-your-bot-messages)."""
CARD_BYTES = 80 * 1024
"""Bytes from which the gateway makes a card no larger, and writes a table as text instead; the gateway's own choice."""
TEXT = 18_000
"""Characters of a message, at four bytes each at the worst; the rest of ``MESSAGE_BYTES`` is for buttons and
citations."""
BUTTONS = 6
"""Actions of a set that are shown; more hide in a menu (docs task-modules-and-cards/cards/cards-actions)."""
BUTTON_LABEL = 80
"""Characters of a button's label; the gateway's own choice."""
TOKEN = 1_000
"""UTF-8 bytes of the token a button carries, which is in the card twice, for old clients too; the gateway's own
choice."""
MENU_OPTIONS = 100
"""Options of a menu. Teams documents no number; a longer list is no help, and weighs on the card's size."""
MENUS = 5
"""Menus of a message, each with a button of its own; the gateway's own choice."""
MENU_BYTES = 36 * 1024
"""Bytes of all menus of a message as UTF-16, which leaves the text its room; the gateway's own choice."""
OPTION_TITLE = 100
"""Characters of an option, its description included, where there is room; the gateway's own choice."""
SHORTEST_OPTION = 24
"""Characters of an option where there are many; the gateway's own choice."""
BOX_BYTES = 40 * 1024
"""Bytes of all cards of a message as UTF-16, which leaves the text its room; the gateway's own choice."""
BOX_TITLE = 150
"""Characters of the title of a card; the gateway's own choice."""
PICTURE_URL = 2_000
"""Characters of the address of a card's picture; the gateway's own choice."""
PLAN_TASKS = 50
"""Tasks of a plan that are shown; the gateway's own choice."""
TASK_TITLE = 150
"""Characters of the title of a task; the gateway's own choice."""
TASK_SAID = 200
"""Characters of what went into a task, and of what came out of it; the gateway's own choice."""
DEEPEST = 5
"""Levels of tasks inside of tasks that are told apart; the gateway's own choice."""
CITATIONS = 20
"""Number of sources of a message (docs bots/how-to/bot-messages-ai-generated-content)."""
CITATION_NAME = 80
"""Characters of a source's name (docs bots/how-to/bot-messages-ai-generated-content)."""
CITATION_ABSTRACT = 160
"""Characters of a source's abstract (docs bots/how-to/bot-messages-ai-generated-content)."""
CITATION_KEYWORDS = 3
"""Number of a source's keywords (docs bots/how-to/bot-messages-ai-generated-content)."""
CITATION_KEYWORD = 28
"""Characters of one keyword (docs bots/how-to/bot-messages-ai-generated-content)."""
CITATION_URL = 1_000
"""Characters of a source's address; a longer one is left out, since twenty of them would not fit into a message. The
gateway's own choice."""
SUGGESTIONS = 3
"""Number of suggested actions shown (docs bots/how-to/conversations/conversation-messages)."""
PICTURE_BYTES = 1024 * 1024
"""Bytes of a picture in a message (docs bots/how-to/conversations/conversation-messages)."""
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
"""Media types of pictures in a message (docs bots/how-to/conversations/conversation-messages)."""
INFORMATIVE = 1_000
"""Characters of a line that says what is being done, before the text of a stream (docs bots/streaming-ux)."""
PLAYED = ("sharepoint.com", "1drv.ms", "youtube.com", "youtu.be", "vimeo.com", "dailymotion.com")
"""Hosts from which a card plays sound and video: OneDrive, SharePoint, YouTube, Vimeo and Dailymotion (docs
task-modules-and-cards/cards/media-elements-in-adaptive-cards)."""
STREAM_SECONDS = 110.0
"""Seconds after which a stream is continued by edits. A stream may take two minutes (docs bots/streaming-ux); the
gateway ends it a little earlier, so that it ends well."""
INVOKE_SECONDS = 9.0
"""Seconds that an upload may delay the answer to an invoke before it continues after it: Bot Framework gives an
activity 15."""
FRAGMENT = 16 * 320 * 1024
"""Bytes of an upload sent at once: OneDrive wants multiples of 320 KiB, up to 60 MiB (OneDrive API, upload session)."""
LINK_SECONDS = 3 * 86_400.0
"""Seconds that a link to a file in a group chat or a channel works; the gateway's own choice."""
CLOCK_SKEW = 300
"""Seconds by which a token may be early or late (Bot Connector authentication)."""
DIALOG_TITLE = 64
"""Characters of a dialog's title; the gateway's own choice."""
HINT = 500
"""Characters of a line of explanation below an input; the gateway's own choice."""
PLACEHOLDER = 500
"""Characters of an input's placeholder; the gateway's own choice."""

CAPABILITIES = Capabilities(
    text_limit=TEXT,
    buttons_per_message=BUTTONS,
    button_label_limit=BUTTON_LABEL,
    action_token_limit=TOKEN,
    # The client sends the data of a card's action, and nothing proves that the card had just that data.
    forgeable_buttons=True,
    menus=True,
    menu_options=MENU_OPTIONS,
    menus_per_message=MENUS,
    menu_token_limit=100,
    cards=True,
    plans=True,
    # Each file is an activity of its own, and 7 a second may be sent to a conversation.
    files_per_message=5,
    # Uploads to OneDrive by consent have no practical limit; this is what the gateway holds on its disk for them.
    file_size_limit=250_000_000,
    # One conversation takes 60 operations of any kind in 30 s.
    edit_interval=2.0,
    # One request a second at most, and tokens are to be buffered for 1.5 to 2 s (docs bots/streaming-ux).
    stream_interval=1.5,
    stream_limit=TEXT,
    # A typing indicator fades after a few seconds; each counts as an operation.
    status_interval=4.0,
    forms=True,
    form_fields=50,
    # No limit is documented; a longer list is no help in a dialog, and weighs on the card's size.
    form_options=100,
    form_files=False,
    feedback=True,
    feedback_token=False,
    citations=True,
)
"""What the gateway may do on Teams."""
