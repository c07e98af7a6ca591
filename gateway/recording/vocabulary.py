"""The words of the platforms' protocols, which a recording keeps: names of fields, and values that name nobody.

Everything that is not listed here is replaced. So a field that a platform adds tomorrow is masked until it is listed,
which may cost a replay something, and never a person.
"""

import mimetypes
import re

_FIELDS = """
actionValue feedbackText theme submit_label join_timestamp disabled
opens_form positive_button negative_button step element optional is_decimal_allowed min_value max_value r route
clear_on_close close external_id app_installed_team_id service
token failure reason tasks citations output menus picks submit found
aadGroupId aadObjectId accept accessibility_label account_id action action_id action_ts actionName actions activity
activityId add added ai_generated allow allow_multiselect allowed_mentions animated answer answers api_app_id app
app_id app_permissions appId application_id appliedTags archive_timestamp archived args argument aspectRatio
attachment_size_limit attachmentId attachments author authorizations authorizing authorizing_integration_owners
auto_archive_duration avatar avatar_decoration_data banner bitfield block_id blocks body border bot bot_id bot_ids
bot_profile bot_user_id burst button_text buttons callback_id cards channel channel_id channel_name channel_type
channelData channelId channels choices citations clan client_msg_id clientInfo code collectibles color colors
command commands communication_disabled_until component component_type components container content
content_scan_version content_type contentType contentUrl context context_enterprise_id context_team_id conversation
conversationType count country create_timestamp created created_at custom_id d data data_url deaf
default_auto_archive_duration deleted deleted_ts delta deny depth description details device direct discriminator
display_as_bot display_name display_name_styles domain downloadUrl duration_secs editable edited edited_timestamp
elements email embeds emoji emojis enterprise enterprise_id enterprise_url entities entitlement_sku_ids entitlements
ephemeral errors event event_context event_id event_time event_ts eventType everyone expiry extra facts fallback
features feedback feedbackLoop field fields file file_access file_id file_ids filename files fileType filetype flags
flags_new footer form format format_type forms from from_id givenName global_name global_user_id group group_id
groups guild guild_hashes guild_id guild_locale has_more hash hash_id height hidden hint hoist html icon id image
image_url indent initial initial_option initial_options initial_value integration_types interaction
interaction_metadata invitable is_admin is_app_user is_bot is_channel is_cleared is_deleted is_edit
is_email_confirmed is_enterprise_install is_ephemeral is_ext_shared_channel is_external is_from_bot is_group is_im
is_limited is_member is_mpim is_owner is_private is_public is_restricted is_starred is_ultra_restricted isGroup item
item_user items joined_at keeps_files key kind label language large last_message_id last_pin_timestamp latest_reply
layout_type legacy length limit link links locale localTimestamp localTimezone locked mailto managed max_files
max_length maximum me member member_count memberCount members membersAdded membersRemoved mention mention_everyone
mention_roles mentionable mentioned mentions mentionType menus message message_author_id message_count message_id
message_reference message_snapshots message_ts messageBackFormat messages meta metadata method mime mimetype minimum
mode msg msteams multiline multiple mute n name names newly_created nick nonce notify_on_close nsfw objectId ok
option options original_h original_height original_w original_width owner_id parent_id parent_user_id payload
pending permalink permalink_public permissions person_id pinned pinned_to placeholder plain plan platform platformId
poll poll_media pos position premium premium_since pretty_type preview preview_highlight previous_message
previous_view_id primary_color primary_guild private private_metadata profile proxy_url public_flags purpose
question rate_limit_per_user reaction reactions reactionsAdded reactionsRemoved real_name recipient recipients ref
reference referenced_message replace_original replies reply reply_count reply_to reply_users reply_users_count
replyToId required required_style resolved resource response_url response_urls rich_text role roles root
root_view_id secondary_color seconds section selected_channel selected_conversation selected_date selected_option
selected_options selected_time selected_user selected_users sender serviceUrl settings shares size source
source_team spoiler starters state status sticker_items stickerFormat stickers stream style submit subscribed
subtitle subtype suggested suggestions surname t tab table tags task tasks team team_domain team_id teamId teams
teamsChannelId teamsTeamId tenant tenantId tertiary_color text textFormat thread thread_metadata thread_ts threads
thumb_360 ticks time timestamp timezone title to tokens tooltip topic total_message_sent trigger trigger_id
triggering_interaction_metadata ts tts type tz unfurl_links unfurl_media unicode unicode_emoji uniqueId unread_count
until unusual_dm_activity_until updated upload uploads upn url url_private url_private_download urls user user_id
user_name user_profile user_team username userPrincipalName userRole users value values verb verified version view
view_id waveform webhook_id width with words workspace
"""
FIELDS = frozenset(_FIELDS.split())
"""Names of fields that are kept; the names of all others are replaced."""

_VALUES = """
select menu feedback citations
action Action.Execute Action.OpenUrl Action.Submit actions AdaptiveCard adaptiveCard/action add add-upgrade
agent_session_stopped angry app_home app_home_opened app_mention application block_actions block_suggestion
bot_message broadcast button card carousel channel channel_archive CHANNEL_DELETE channel_deleted channel_join
channel_leave channel_left channel_name channel_type channelCreated channelDeleted channelRenamed channelRestored
checkboxes clientInfo color command complete context context_actions conversationUpdate created danger date
datepicker default delete delete_original deleted disabled dislike divider dm edit editEphemeral editMessage emoji
ephemeral error errors escape event_callback external false feedback_buttons file file_access file_comment
file_input file_share fileConsent/invoke final form_errors forward forwarded good group group_archive group_deleted
group_left groupChat guest GUILD_CREATE GUILD_DELETE header heart hidden home hosted im image in_channel in_progress
inline input Input.ChoiceSet Input.Text installationUpdate INTERACTION_CREATE invoke laugh like link link_shared
list local manual markdown me_message member_joined_channel member_left_channel mention message message/submitAction
message_changed MESSAGE_CREATE MESSAGE_DELETE message_deleted MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE
message_replied MESSAGE_UPDATE messageBack messageDelete messageReaction messages messageUpdate modal mpim
mpim_archive mrkdwn msteams multi_static_select negative new no none notice number number_input off ok on open
open_form overflow pending personal plain plain_text plain_text_input plan pong positive post preformatted primary
private push quote radio_buttons reaction reaction_added reaction_removed remove remove-upgrade replied reply resend
rich_text rich_text_input rich_text_list rich_text_preformatted rich_text_quote rich_text_section sad section
selected signin/verifyState slack_file snippet softDeleteMessage space static_select steps stream streaming submit
success surprised switch tab table task/fetch task/submit task_card tasks team teamDeleted teamHardDeleted
teamMemberAdded teamMemberRemoved text thread thread_broadcast THREAD_DELETE THREAD_MEMBERS_UPDATE timepicker
tokens_revoked tombstone trigger true undeleteMessage update user user_group usergroup video view view_closed
view_submission visible voice xhtml xml yes
"""
VALUES = frozenset(_VALUES.split())
"""Values that are kept in the fields of ``OF_VALUES``."""

_OF_VALUES = """
actionName
type subtype channel_type kind t mode file_access filetype tab action conversationType textFormat channelId
eventType style status reason name verb trigger response_action userRole reaction fileType contentType value source
method locale
"""
OF_VALUES = frozenset(_OF_VALUES.split())
"""Fields whose value is kept where it is one of ``VALUES``: they hold words of the protocol, most of the time."""

_NUMERIC = """
allow app_permissions deny discriminator permissions version
"""
NUMERIC = frozenset(_NUMERIC.split())
"""Fields with a number written as text, which says nothing about anybody."""

_IDS = """
aadGroupId aadObjectId action_ts added_by api_app_id app_id bot bot_id bot_user channel channels client_msg_id
creator deleted_ts event_context event_id event_ts file file_ids hash hash_id id ids inviter item_user latest_reply
me members mention_roles message_ts nonce objectId owner parent_user_id pinned_to recipient removed_member_ids
reply_users replyToId role roles root selected_channel selected_conversation selected_user selected_users
source_team team teamsChannelId teamsTeamId tenantId thread thread_ts ts uniqueId user user_team users workspace
"""
IDS = frozenset(_IDS.split())
"""Fields that hold ids, beside all whose name ends in ``_id``, ``_ids`` or ``Id``."""

PLATFORMS = frozenset(("slack", "discord", "teams", "chatkit"))
"""Values of the field ``platform``."""

SHARED_IDS = frozenset(("all", "dm", "msteams", "local"))
"""Ids that are the same for everybody."""

ZONES = frozenset(("localTimezone", "timezone", "tz", "tz_label"))
"""Fields with a time zone; all become UTC."""

SCHEMA = "http://schema.skype.com/"
"""The beginning of the types that Teams gives parts of its HTML."""
SCHEMAS = frozenset(
    f"{SCHEMA}{name}" for name in ("Mention", "Reply", "File", "Emoji", "Forward", "HyperLink", "Giphy", "AMSImage")
)
"""Types of parts of Teams' HTML."""

_TEXTS = """
label text title placeholder hint description content tooltip output details message display_name
"""
TEXTS = frozenset(_TEXTS.split())
"""Fields with words that people read: what stands in them is never a reference, even if it reads the same as one."""

_DROPPED = """
response_url response_urls trigger_id
"""
DROPPED = frozenset(_DROPPED.split())
"""Fields that open something for a while, and are no use later."""

_MEDIA = """
content_type contentType mime mimetype
"""
MEDIA = frozenset(_MEDIA.split())
"""Fields with a media type."""
_TYPE = re.compile(
    r"(?:text|image|audio|video|application|font)/(?:[a-z0-9]{1,8}|\*)|application/vnd\.(?:microsoft|ms|openxmlformats)[a-z0-9.-]{1,70}"
)


def is_ending(given: str) -> bool:
    """Whether a text is the ending of file names of a known type, with its dot (``.pdf``)."""
    return given.lower() in mimetypes.types_map or given.lower() in (".md", ".docx", ".xlsx", ".pptx", ".webp")


def is_media_type(given: str) -> bool:
    """Whether a text is a media type of a kind that everybody has."""
    return _TYPE.fullmatch(given.partition(";")[0].strip()) is not None


SIZES = frozenset(("flags", "size", "width", "height", "original_w", "original_h", "length", "limit"))
"""Fields with a number that says nothing about anybody, however large."""

_EMOJI = """
+1 -1 angry bulb clap cry dislike exclamation eyes fire grinning heart heavy_check_mark hourglass
hourglass_flowing_sand joy laugh like memo ok_hand pray question raised_hands rocket sad smile sparkles
speech_balloon star surprised tada thinking_face thumbsdown thumbsup warning wave white_check_mark x
"""
EMOJI = frozenset(_EMOJI.split())
"""Names of emoji that are kept; a workspace's own may be anybody's name."""

_TAGS = """
a at attachment b blockquote br code codeblock del div em emoji h1 h2 h3 h4 hr i img li ol p pre readonly s span
strike strong sub sup table tbody td th thead tr u ul
"""
TAGS = frozenset(_TAGS.split())
"""Tags of HTML, whose names are kept."""
_ATTRIBUTES = """
alt class contenteditable href id itemid itemscope itemtype src style title
"""
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
"""Attributes of HTML, whose names are kept."""

SPECIAL = frozenset({"!here", "!channel", "!everyone"})
"""Slack's mentions of everybody."""
