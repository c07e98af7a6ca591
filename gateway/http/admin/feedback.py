"""What people thought of answers: thumbs by day, and the newest of them with their comments."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from starlette.responses import Response

from gateway.errors import RequestRefused
from gateway.http.admin.call import PAGE, Call
from gateway.http.admin.rendering import cut
from gateway.ports import Condition, DayOfFeedback, RecordQuery

PERIODS = (7, 30, 90)
"""Numbers of days that the chart can show."""
HEIGHT = 160
"""Height of the longest bars of the chart, one up and one down together."""
WIDTH = 720
_LONGEST_SHOWN = 160
"""Characters of an answer that are shown."""


class Bar(NamedTuple):
    """A day in the chart: a bar up from the axis for thumbs up, one down for thumbs down."""

    day: str
    up: int
    down: int
    x: float
    width: float
    up_height: float
    down_height: float


async def feedback(call: Call) -> Response:
    """Return the page. Raises ``RequestRefused``: 400 for a period there is not or a cursor of another list, 409 where
    history is not kept here."""
    if call.parts.history != "store":
        where = "history is off here: GATEWAY_HISTORY=on keeps it"
        if call.parts.history == "layer":
            where = "feedback is kept by the data layer that the bot registered: look there"
        raise RequestRefused(409, where)
    period, rating = _period(call), call.parameter("rating")
    conditions = [Condition("value", "eq", 1 if rating == "up" else 0)] if rating in ("up", "down") else []
    today = datetime.now(UTC).date()
    first = today - timedelta(days=period - 1)
    try:
        days, rows = await asyncio.gather(
            call.parts.store.feedback_by_day(since=first.isoformat()),
            call.parts.store.record_page(
                RecordQuery("feedbacks", conditions, limit=PAGE, cursor=call.parameter("cursor"))
            ),
        )
    except ValueError as error:
        raise RequestRefused(400, str(error), where="cursor") from None
    axis, bars = _bars(first, period, {each.day: each for each in days})
    return call.page(
        "feedback.html",
        here="feedback",
        period=period,
        periods=PERIODS,
        rating=rating if conditions else None,
        bars=bars,
        axis=axis,
        height=HEIGHT,
        width=WIDTH,
        labels=[bar for number, bar in enumerate(bars) if number % max(1, period // 6) == 0],
        up=sum(bar.up for bar in bars),
        down=sum(bar.down for bar in bars),
        rows=rows.rows,
        answers=await _answers(call, [str(row["forId"]) for row in rows.rows]),
        cursor=rows.cursor,
    )


def _period(call: Call) -> int:
    given = call.parameter("days")
    found = next((days for days in PERIODS if str(days) == given), None)
    if given is None:
        return 30
    if found is None:
        raise RequestRefused(400, f"take {', '.join(map(str, PERIODS))} days", where="days")
    return found


async def _answers(call: Call, ids: Sequence[str]) -> Mapping[str, str]:
    """Return the beginnings of the answers that were rated, by their ids, as far as they are kept."""
    if not ids:
        return {}
    found = await call.parts.store.record_page(RecordQuery("steps", [Condition("id", "in", ids)], limit=PAGE))
    return {str(row["id"]): cut(" ".join(str(row["output"] or "").split()), _LONGEST_SHOWN) for row in found.rows}


def _bars(first: date, period: int, days: Mapping[str, DayOfFeedback]) -> tuple[float, Sequence[Bar]]:
    """Return where the axis is, and a bar for each day, also for those without thumbs."""
    most_up = max((each.up for each in days.values()), default=0)
    most_down = max((each.down for each in days.values()), default=0)
    each_thumb = HEIGHT / max(1, most_up + most_down)
    step = WIDTH / period
    bars: list[Bar] = []
    for number in range(period):
        day = (first + timedelta(days=number)).isoformat()
        found = days.get(day, DayOfFeedback(day, 0, 0))
        bars.append(
            Bar(
                day=day,
                up=found.up,
                down=found.down,
                x=round(number * step + step * 0.15, 2),
                width=round(step * 0.7, 2),
                up_height=round(each_thumb * found.up, 2),
                down_height=round(each_thumb * found.down, 2),
            )
        )
    return round(each_thumb * most_up, 2), bars
