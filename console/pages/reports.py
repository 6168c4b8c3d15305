"""Ask the data: the reports as charts and tables, each with its SQL."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, render_template

from console.pages import settings, warehouse
from console.warehouse import Row
from schemas.reports import report_sql

MAX_ROWS = 200  # of a table under its chart
MAX_POINTS = 5_000  # of a chart: eight platforms for a year and a half of days
_PALETTE = 8  # colours in static/style.css
page = Blueprint("reports", __name__, url_prefix="/reports")


@page.get("")
def show() -> str:
    charted = {
        "exposures_daily": ("Exposures and flags, day by day", _exposures),
        "topics_weekly": ("Topics this week and the week before", _topics),
        "platforms_daily": ("Active minutes of an average user, by platform", _platforms),
    }
    reports = [
        _report(name, title, chart(_rows(name, MAX_POINTS)))
        for name, (title, chart) in charted.items()
    ]
    reports.append(_report("wellbeing_daily", "Well-being per user, platform and topic", None))
    return render_template("reports.html", reports=reports)


def _report(name: str, title: str, chart: dict[str, Any] | None) -> dict[str, Any]:
    deduplicated = f"{settings().tables.events}_deduplicated"
    rows = _rows(name, MAX_ROWS)
    sql = report_sql(name, deduplicated)
    return {"name": name, "title": title, "chart": chart, "rows": rows, "sql": sql}


def _rows(name: str, rows: int) -> list[Row]:
    return warehouse().report(f"{settings().dataset}.{name}", rows)


def _exposures(rows: list[Row]) -> dict[str, Any]:
    return _chart("line", [_text(row["day"]) for row in rows], rows, "exposures", "flags")


def _topics(rows: list[Row]) -> dict[str, Any]:
    rows = rows[:12]
    return _chart("bar", [row["topic"] for row in rows], rows, "this_week", "week_before")


def _chart(shape: str, labels: list[str], rows: list[Row], *columns: str) -> dict[str, Any]:
    series = {column: [row[column] for row in rows] for column in columns}
    return {"shape": shape, "labels": labels, "series": series}


def _platforms(rows: list[Row]) -> dict[str, Any]:
    """A line for each of the platforms with the most users; a day without a value is a gap."""
    days = sorted({row["day"] for row in rows})
    users: dict[str, int] = {}
    for row in rows:
        users[row["platform"]] = users.get(row["platform"], 0) + row["users"]
    shown = sorted(users, key=lambda platform: (-users[platform], platform))[:_PALETTE]
    found = {(row["platform"], row["day"]): row["active_minutes"] for row in rows}
    series = {each: [found.get((each, day)) for day in days] for each in shown}
    return {"shape": "line", "labels": [_text(day) for day in days], "series": series}


def _text(day: date | datetime) -> str:
    return f"{day:%b} {day.day}"
