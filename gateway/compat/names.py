"""What of Chainlit has no counterpart here, name by name, and what to use instead. ``docs/web-only.md`` has the same
list for people."""

_ROUTES = "the gateway has its own server: `mount_gateway` puts the bot into an application with routes of yours"
_LOGIN = "people are signed in to their platform: see `cl.context.user`"
_SENDING = "programs say something without being asked through `POST /v1/conversations/{ref}/messages` (docs/api.md)"
_CONNECTION = "the gateway holds the connection to the platform"
_INTERNAL = "it is a part of Chainlit's own machinery, which is not here"

REFUSED = {
    "chainlit.auth.authenticate_user": _LOGIN,
    "chainlit.auth.clear_auth_cookie": _LOGIN,
    "chainlit.auth.create_jwt": _LOGIN,
    "chainlit.auth.decode_jwt": _LOGIN,
    "chainlit.auth.ensure_jwt_secret": _LOGIN,
    "chainlit.auth.get_configuration": _LOGIN,
    "chainlit.auth.get_current_user": _LOGIN,
    "chainlit.auth.get_jwt_secret": _LOGIN,
    "chainlit.auth.is_oauth_enabled": _LOGIN,
    "chainlit.auth.require_login": _LOGIN,
    "chainlit.auth.reuseable_oauth": _LOGIN,
    "chainlit.auth.set_auth_cookie": _LOGIN,
    "chainlit.auth.cookie.clear_auth_cookie": _LOGIN,
    "chainlit.auth.cookie.clear_oauth_state_cookie": _LOGIN,
    "chainlit.auth.cookie.get_token_from_cookies": _LOGIN,
    "chainlit.auth.cookie.set_auth_cookie": _LOGIN,
    "chainlit.auth.jwt.create_jwt": _LOGIN,
    "chainlit.auth.jwt.decode_jwt": _LOGIN,
    "chainlit.auth.jwt.get_jwt_secret": _LOGIN,
    "chainlit.cache.init_lc_cache": "set LangChain's cache yourself: `langchain_core.globals.set_llm_cache(...)`",
    "chainlit.chat_context.chat_contexts": "the messages of this conversation are in `cl.chat_context`",
    "chainlit.cli.chainlit_run": "run the file with `gateway run FILE --compat chainlit`",
    "chainlit.cli.cli": "run the file with `gateway run FILE --compat chainlit`",
    "chainlit.cli.run_chainlit": "run the file with `gateway run FILE --compat chainlit`, which serves it",
    "chainlit.config.load_module": _INTERNAL,
    "chainlit.config.reload_config": "the file is read once, at the start",
    "chainlit.context.context_var": "use `cl.context`, which follows the code that runs",
    "chainlit.context.init_http_context": _SENDING,
    "chainlit.context.init_ws_context": _SENDING,
    "chainlit.data.literalai.LiteralDataLayer": "register another layer with `@cl.data_layer`, or none",
    "chainlit.discord.app.DiscordEmitter": _CONNECTION,
    "chainlit.discord.app.init_discord_context": _CONNECTION,
    "chainlit.markdown.get_markdown_str": "read the file `chainlit.md` yourself",
    "chainlit.markdown.init_markdown": "write the file `chainlit.md` yourself",
    "chainlit.oauth_providers.OAuthProvider": _LOGIN,
    "chainlit.oauth_providers.get_configured_oauth_providers": _LOGIN,
    "chainlit.oauth_providers.get_oauth_provider": _LOGIN,
    "chainlit.oauth_providers.providers": _LOGIN,
    "chainlit.secret.random_secret": "use Python's module `secrets`",
    "chainlit.server.app": _ROUTES,
    "chainlit.server.router": _ROUTES,
    "chainlit.server.sio": "there is no socket to a page: send a `cl.Message`",
    "chainlit.server.UserParam": _LOGIN,
    "chainlit.server._authenticate_user": _LOGIN,
    "chainlit.session.WebsocketSession": "there is no socket: a conversation's session is `cl.context.session`",
    "chainlit.session.ws_sessions_id": _SENDING,
    "chainlit.session.ws_sessions_sid": _SENDING,
    "chainlit.slack.app.SlackEmitter": _CONNECTION,
    "chainlit.slack.app.init_slack_context": _CONNECTION,
    "chainlit.slack.app.slack_app": "the gateway holds the connection: see `cl.user_session.get('slack_event')`",
    "chainlit.slack.app.slack_app_handler": _CONNECTION,
    "chainlit.socket.connect": "there is no socket to a page",
    "chainlit.socket.restore_existing_session": "there is no socket to a page",
    "chainlit.teams.app.adapter": _CONNECTION,
    "chainlit.teams.app.bot": _CONNECTION,
    "chainlit.teams.app.init_teams_context": _CONNECTION,
    "chainlit.telemetry.trace": _INTERNAL,
    "chainlit.telemetry.trace_event": _INTERNAL,
    "chainlit.translations.lint_translation_json": "the gateway's own words are not translated by files",
    "chainlit.user_session.user_sessions": "the values of this conversation are in `cl.user_session`",
    "chainlit.utils.check_file": "`gateway run` checks the file itself",
    "chainlit.utils.wrap_user_function": _INTERNAL,
}
"""Names that can be imported, so that a file which only mentions them runs, and that raise as soon as they are used."""

EMPTY = frozenset(name.rpartition(".")[0] for name in REFUSED) | {"chainlit.data.literalai"}
"""Modules that have such names."""
