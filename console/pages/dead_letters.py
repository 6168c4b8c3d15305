"""Dead letters by code and path, one group, one letter."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import orjson
from flask import Blueprint, Response, abort, render_template, request

from console.pages import warehouse
from console.warehouse import Group, Place, Row

HOURS = {1: "hour", 24: "day", 168: "week", 2160: "90 days"}
_DEFAULT_HOURS = 168
page = Blueprint("dead_letters", __name__, url_prefix="/dead-letters")


@page.get("")
def show() -> str:
    hours = _hours()
    groups = warehouse().groups(_since(hours))
    return render_template("dead_letters.html", groups=groups, hours=hours, choices=HOURS)


@page.get("/group")
def group() -> str:
    hours = _hours()
    names = ("stage", "error_code", "path")
    stage, error_code, path = (request.args.get(name, "") for name in names)
    group = Group(stage, error_code, path, _since(hours))
    before = _before()
    letters, older = warehouse().letters(group, before)
    return render_template(
        "group.html", letters=letters, hours=hours, selection=group, before=before, older=older
    )


@page.get("/<dead_letter_id>")
def letter(dead_letter_id: str) -> str:
    found = _letter(dead_letter_id)
    return render_template(
        "letter.html",
        letter=found,
        errors=orjson.loads(found["errors"]),
        attributes=orjson.loads(found["attributes"]),
        moments=warehouse().story(dead_letter_id),
    )


@page.get("/<dead_letter_id>/payload")
def payload(dead_letter_id: str) -> Response:
    """The exact bytes as a file, which no browser shows or runs."""
    data = _letter(dead_letter_id)["payload"]
    name = f'attachment; filename="{dead_letter_id}.bin"'
    headers = {"Content-Disposition": name}
    return Response(data, mimetype="application/octet-stream", headers=headers)


def _letter(dead_letter_id: str) -> Row:
    found = warehouse().letter(dead_letter_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, "there is no such dead letter")
    return found


def _hours() -> int:
    hours = request.args.get("hours", _DEFAULT_HOURS, type=int)
    return hours if hours in HOURS else _DEFAULT_HOURS


def _before() -> Place | None:
    """The place after which the page begins; anything else begins at the newest."""
    try:
        moment = datetime.fromisoformat(request.args.get("before", ""))
    except ValueError:
        return None
    return (moment, request.args.get("before_id", "")) if moment.tzinfo else None


def _since(hours: int) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)
