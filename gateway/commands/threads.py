"""``gateway threads``: the kept conversations, listed, shown and searched."""

import json
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.commands.common import database_url, fail, one_line_errors
from gateway.commands.conversations import conversation, cut, moment, one_line

if TYPE_CHECKING:
    from gateway.store.threads import ListedThread, Passage, ThreadQuery

app = typer.Typer(help="The kept conversations: list, show and search them. Times are UTC.", no_args_is_help=True)


class Thumb(StrEnum):
    """A rating, as it is written on the command line."""

    UP = "up"
    DOWN = "down"


_DAY = ["%Y-%m-%d"]

User = Annotated[str | None, typer.Option("--user", help="Only those of this person: PLATFORM:WORKSPACE:ID.")]
Platform = Annotated[str | None, typer.Option("--platform", help="Only those of slack, discord or teams.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Only those with this tag.")]
Feedback = Annotated[Thumb | None, typer.Option("--feedback", help="Only those with a thumb like this.")]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=_DAY, help="Only what was said on this day or later.")
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=_DAY, help="Only what was said on this day or earlier.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Where to go on, as the page before says.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for a program.")]


@app.command("list")
def threads_list(
    user: User = None,
    platform: Platform = None,
    tag: Tag = None,
    feedback: Feedback = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """List conversations, the one used last first: when, platform, messages, who began it, id, title."""
    with one_line_errors():
        from gateway.store.threads import kept_threads

        query = _query(user, platform, tag, feedback, since, until)
        with kept_threads(database_url()) as threads:
            page = threads.page(query, limit=limit, cursor=cursor)
    if as_json:
        _print_page([_listed(each) for each in page.found], page.cursor)
        return
    for thread, of, used_at, messages in page.found:
        about = f"{one_line(of)}  {messages} messages  {one_line(thread['userIdentifier'])}  {one_line(thread['id'])}"
        typer.echo(f"{moment(used_at)}  {about}\n    {one_line(thread['name']) or '(no title)'}")
    _end(bool(page.found), page.cursor)


@app.command("search")
def threads_search(
    text: Annotated[str, typer.Argument(help="What was said, in any case.")],
    user: User = None,
    platform: Platform = None,
    tag: Tag = None,
    feedback: Feedback = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Find where a text was said, the newest first: when, who, which conversation, and the words around it."""
    if not text:
        fail("there is nothing to search for: give a text")
    with one_line_errors():
        from gateway.store.threads import kept_threads

        query = _query(user, platform, tag, feedback, since, until)
        with kept_threads(database_url()) as threads:
            page = threads.search(text, query, limit=limit, cursor=cursor)
    if as_json:
        _print_page([_found(each) for each in page.found], page.cursor)
        return
    for each in page.found:
        who, title = cut(one_line(each.name)), one_line(each.title) or "(no title)"
        typer.echo(f"{moment(each.at)}  {who}  in {one_line(each.thread)}  {title}\n    {one_line(each.excerpt)}")
    _end(bool(page.found), page.cursor)


@app.command("show")
def threads_show(
    id: Annotated[str, typer.Argument(help="The conversation's id, as `gateway threads list` shows it.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many messages and steps.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show a conversation, its newest messages and steps; with --json as Chainlit's ThreadDict."""
    with one_line_errors():
        from gateway.store.threads import kept_threads

        with kept_threads(database_url()) as threads:
            thread, more = threads.read(id, limit=limit)
    if as_json:
        _print(thread)
    else:
        for line in conversation(thread):
            typer.echo(line)
    if more:
        typer.echo("gateway: there is more before that: see --limit", err=True)


def _query(
    user: str | None,
    platform: str | None,
    tag: str | None,
    feedback: Thumb | None,
    since: datetime | None,
    until: datetime | None,
) -> "ThreadQuery":
    from gateway.store.threads import ThreadQuery

    values: dict[Thumb | None, Literal[0, 1] | None] = {Thumb.UP: 1, Thumb.DOWN: 0, None: None}
    return ThreadQuery(
        user=user,
        platform=platform,
        tag=tag,
        feedback=values[feedback],
        since=_seconds(since),
        until=None if until is None else _day_after(until),
    )


def _seconds(day: datetime | None) -> float | None:
    """Return when a day begins, in seconds since the epoch."""
    return None if day is None else day.replace(tzinfo=UTC).timestamp()


def _day_after(day: datetime) -> float | None:
    """Return when the day after this one begins, in seconds since the epoch; None where no day follows (the year
    9999 ends)."""
    return None if day.date() == date.max else _seconds(day + timedelta(days=1))


def _listed(listed: "ListedThread") -> dict[str, Any]:
    """Return a thread of a list as data: the ThreadDict without what was said."""
    head = {name: value for name, value in listed.thread.items() if name not in ("steps", "elements")}
    return {**head, "platform": listed.platform, "updatedAt": listed.used_at, "messages": listed.messages}


def _found(passage: "Passage") -> dict[str, Any]:
    """Return a passage as data."""
    return {
        "threadId": passage.thread,
        "threadName": passage.title,
        "stepId": passage.step,
        "type": passage.type,
        "name": passage.name,
        "createdAt": passage.at,
        "excerpt": passage.excerpt,
    }


def _print_page(data: list[dict[str, Any]], cursor: str | None) -> None:
    _print({"pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}, "data": data})


def _print(document: object) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _end(found: bool, cursor: str | None) -> None:
    """Say on standard error that nothing was found, or how to go on."""
    if not found:
        typer.echo("no conversations", err=True)
    elif cursor is not None:
        typer.echo(f"more: --cursor {cursor}", err=True)
