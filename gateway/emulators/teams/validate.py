"""Checks what a bot sends as a message: size, format, attachments, entities, suggested actions.

Size and formats: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages. AI label,
citations, feedback: .../bots/how-to/bot-messages-ai-generated-content.
"""

import re
from typing import Any

import orjson

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.attachments import check_attachment, is_one_of
from gateway.emulators.teams.values import ApiError, bad_argument, bad_syntax
from gateway.emulators.teams.world import Conversation, text_of

MAX_SIZE = 100 * 1024
"""Bytes of a complete message as UTF-16, without pictures in data URIs (Teams' page on formatting)."""
FORMATS = frozenset({"plain", "markdown", "xml", "extendedmarkdown"})
"""Values of ``textFormat`` (Teams' page on formatting)."""
SUGGESTIONS = frozenset({"imBack", "Action.Compose", "Action.Submit"})
"""The types of suggested actions (Teams' page on suggested actions)."""
MAX_CITATIONS, MAX_NAME, MAX_ABSTRACT, MAX_KEYWORDS, MAX_KEYWORD = 20, 80, 160, 3, 28
"""Limits of citations (Teams' page on AI-generated messages): citations of a message, characters of a citation's name
and abstract, its keywords, and the characters of a keyword."""
MAX_CAROUSEL = 10
"""Attachments of a carousel (Teams' cards reference)."""
MESSAGE_ENTITY = "https://schema.org/Message"
"""The type of the entity that has the AI label and the citations (Teams' page on AI-generated messages)."""
_AT = re.compile(r"<at(?: [^>]*)?>.*?</at>", re.DOTALL)
_DATA_URI = re.compile(r"data:image/[a-z+.-]+;base64,[A-Za-z0-9+/=]+")


def size_of(activity: JSON) -> int:
    """Return the bytes of an activity as UTF-16, without pictures in data URIs."""
    text = orjson.dumps(activity).decode()
    if "data:image/" in text:
        text = _DATA_URI.sub("", text)
    return len(text.encode("utf-16-le"))


def check_size(activity: JSON) -> None:
    """Raise ``ApiError`` for an activity that is too large."""
    if size_of(activity) > MAX_SIZE:
        raise ApiError(413, "MessageSizeTooBig", "Message size too large.")


def check_message(activity: JSON, conversation: Conversation) -> None:
    """Raise ``ApiError`` for an activity that Teams would not take as a message."""
    check_size(activity)
    text, attachments = activity.get("text"), activity.get("attachments") or []
    if text is not None and not isinstance(text, str):
        raise bad_argument("Property 'text' must be a string")
    if not isinstance(attachments, list):
        raise bad_argument("Property 'attachments' must be a list")
    if not (text or "").strip() and not attachments:
        raise bad_syntax("Activity must include non empty 'text' field or at least 1 attachment")
    text_format = activity.get("textFormat")
    if text_format is not None and not is_one_of(text_format, FORMATS):
        raise bad_argument(f"Unknown text format {text_format!r}")
    if activity.get("attachmentLayout") == "carousel" and len(attachments) > MAX_CAROUSEL:
        raise bad_argument(f"A carousel has {MAX_CAROUSEL} attachments at most")
    for attachment in attachments:
        check_attachment(attachment, conversation)
    _check_entities(activity)
    _check_suggestions(activity.get("suggestedActions"))
    _check_channel_data(activity.get("channelData"))


def _check_entities(activity: JSON) -> None:
    entities = activity.get("entities") or []
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise bad_argument("Property 'entities' must be a list of objects")
    for entity in entities:
        if entity.get("type") == "mention":
            _check_mention(entity, text_of(activity))
    roots = [entity for entity in entities if entity.get("type") == MESSAGE_ENTITY]
    if len(roots) > 1:
        raise bad_argument("Multiple root message entities found under entities array.")
    for root in roots:
        _check_root(root)


def _check_mention(entity: JSON, text: str) -> None:
    mentioned, tag = entity.get("mentioned"), entity.get("text")
    if not isinstance(mentioned, dict) or not isinstance(mentioned.get("id"), str) or not mentioned["id"]:
        raise bad_argument("Mention entity has no mentioned.id")
    if not isinstance(tag, str) or not _AT.fullmatch(tag):
        raise bad_argument("Mention entity's text must be an <at> element")
    if tag not in text:
        raise bad_argument("Mention entity's text was not found in the activity's text")


def _check_root(root: JSON) -> None:
    kinds = root.get("additionalType", [])
    if root.get("@type") != "Message" or not isinstance(kinds, list) or set(map(str, kinds)) - {"AIGeneratedContent"}:
        raise bad_argument("Error parsing message entity from entities array.")
    citations = root.get("citation") or []
    if not isinstance(citations, list):
        raise bad_argument("Error parsing message entity from entities array.")
    if len(citations) > MAX_CITATIONS:
        raise bad_argument(f"Bot message contains {len(citations)} citations. Max count is {MAX_CITATIONS}.")
    for citation in citations:
        _check_citation(citation)


def _check_citation(citation: Any) -> None:
    if not isinstance(citation, dict) or not citation.get("appearance"):
        raise bad_argument("Provided claim has empty appearance.")
    position, look = citation.get("position"), citation["appearance"]
    wrong = bad_argument(f"Error while parsing citation entity with id: {position}.")
    if citation.get("@type") != "Claim" or not isinstance(position, int) or not isinstance(look, dict):
        raise wrong
    name, abstract, keywords = look.get("name"), look.get("abstract", ""), look.get("keywords") or []
    if look.get("@type") != "DigitalDocument" or not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        raise wrong
    if not isinstance(abstract, str) or len(abstract) > MAX_ABSTRACT:
        raise wrong
    if not isinstance(keywords, list) or len(keywords) > MAX_KEYWORDS:
        raise wrong
    if not all(isinstance(word, str) and len(word) <= MAX_KEYWORD for word in keywords):
        raise wrong


def _check_suggestions(given: Any) -> None:
    if given is None:
        return
    actions, to = (given.get("actions"), given.get("to") or []) if isinstance(given, dict) else (None, None)
    if not isinstance(actions, list) or not isinstance(to, list):
        raise bad_argument("Properties 'suggestedActions.actions' and 'to' must be lists")
    for action in actions:
        if not isinstance(action, dict) or not is_one_of(action.get("type"), SUGGESTIONS):
            raise bad_argument("Unknown type of suggested action")
        if not isinstance(action.get("title"), str) or not action["title"]:
            raise bad_argument("A suggested action needs a title")
        value = action.get("value")
        if not (isinstance(value, str) if action["type"] == "imBack" else isinstance(value, dict)):
            raise bad_argument(f"A suggested action {action['type']} has no fitting value")


def _check_channel_data(given: Any) -> None:
    if given is None:
        return
    if not isinstance(given, dict):
        raise bad_argument("Property 'channelData' must be an object")
    loop = given.get("feedbackLoop")
    if loop is not None and (not isinstance(loop, dict) or loop.get("type") not in ("default", "custom")):
        raise bad_argument("feedbackLoop.type must be 'default' or 'custom'")


def ai_fields(activity: JSON) -> bool:
    """Return whether a message has what a stream may carry only in its final message: AI label and feedback buttons."""
    data: Any = activity.get("channelData")
    wanted = isinstance(data, dict) and bool(data.get("feedbackLoop") or data.get("feedbackLoopEnabled"))
    entities: Any = activity.get("entities") or []
    labelled = any(
        isinstance(e, dict) and e.get("type") == MESSAGE_ENTITY and e.get("additionalType") for e in entities
    )
    return wanted or labelled
