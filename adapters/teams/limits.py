"""Teams' numbers, in one place, each with where it comes from.

"docs" is https://learn.microsoft.com/microsoftteams/platform, by the path of the page.
"""

from gateway.model import Capabilities

MESSAGE_BYTES = 100 * 1024
"""An activity as UTF-16, pictures as data URIs left out; more is 413 (docs bots/how-to/format-your-bot-messages)."""
CARD_BYTES = 80 * 1024
"""Where the gateway itself stops making a card larger, and writes a table as text instead."""
TEXT = 18_000
"""Characters of a message: four bytes each at the worst. The rest is room for buttons and citations."""
BUTTONS = 6
"""Actions of a set that are shown; more hide in a menu (docs task-modules-and-cards/cards/cards-actions)."""
BUTTON_LABEL = 80
TOKEN = 1_000
"""UTF-8 bytes of what a button carries: it stands in the card twice, for old clients too. The gateway's own choice."""
CITATIONS = 20
CITATION_NAME = 80
CITATION_ABSTRACT = 160
CITATION_KEYWORDS = 3
CITATION_KEYWORD = 28
"""Docs bots/how-to/bot-messages-ai-generated-content."""
CITATION_URL = 1_000
"""Longer addresses are left out of a citation: twenty of them would not fit into a message."""
SUGGESTIONS = 3
"""Suggested actions shown (docs bots/how-to/conversations/conversation-messages)."""
PICTURE_BYTES = 1024 * 1024
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif"})
"""Pictures in a message (docs bots/how-to/conversations/conversation-messages)."""
STREAM_SECONDS = 110.0
"""A stream may take two minutes (docs bots/streaming-ux); it is handed over a little earlier, so that it ends well."""
INVOKE_SECONDS = 9.0
"""What an upload inside an invoke may take before it goes on behind it: Bot Framework gives an activity 15 s."""
FRAGMENT = 16 * 320 * 1024
"""Bytes of an upload sent at once: OneDrive wants multiples of 320 KiB, up to 60 MiB (OneDrive API, upload session)."""
LINK_SECONDS = 3 * 86_400.0
"""How long a link to a file in a group chat or a channel works."""
CLOCK_SKEW = 300
"""Seconds a token may be early or late (Bot Connector authentication)."""
DIALOG_TITLE = 64
PLACEHOLDER = 500

CAPABILITIES = Capabilities(
    text_limit=TEXT,
    buttons_per_message=BUTTONS,
    button_label_limit=BUTTON_LABEL,
    action_token_limit=TOKEN,
    # The data of a card's action is what the client sends: nothing says that it is what the card had.
    forgeable_buttons=True,
    # Each file is an activity of its own, and 7 a second may be sent to a conversation.
    files_per_message=5,
    # What goes to OneDrive by consent has no limit worth naming; this is what the gateway holds on its disk for it.
    file_size_limit=250_000_000,
    # 60 operations in 30 s in one conversation, everything counted.
    edit_interval=2.0,
    # One request a second at most, and tokens are to be buffered for 1.5 to 2 s (docs bots/streaming-ux).
    stream_interval=1.5,
    stream_limit=TEXT,
    # A typing indicator fades after a few seconds; each counts as an operation.
    status_interval=4.0,
    forms=True,
    form_files=False,
    feedback=True,
    feedback_token=False,
    citations=True,
)
