"""Erase a user: count first, confirm, then the result."""

from http import HTTPStatus

from flask import Blueprint, abort, render_template, request

from console.access import require_operator
from console.log import log_action
from console.pages import settings
from flex_template.bigquery import client as bigquery_client
from flex_template.erase.user_rows import rows_of_user

page = Blueprint("erase", __name__, url_prefix="/erase")


@page.get("")
def show() -> str:
    return render_template("erase.html", user_id=None, found=None, left=None)


@page.post("/count")
def count() -> str:
    require_operator()
    user_id = _user_id()
    return render_template("erase.html", user_id=user_id, found=_erase(user_id), left=None)


@page.post("")
def execute() -> str:
    require_operator()
    user_id = _user_id()
    if request.form.get("confirmed") != "yes":
        abort(HTTPStatus.BAD_REQUEST, "tick the box to confirm: what is deleted stays deleted")
    left = _erase(user_id, execute=True)
    log_action("erase", rows_left=sum(left.values()))
    return render_template("erase.html", user_id=None, found=None, left=left)


def _user_id() -> str:
    user_id = request.form.get("user_id", "")
    if not user_id.strip():
        abort(HTTPStatus.BAD_REQUEST, "the user id is empty: that would find every row")
    return user_id


def _erase(user_id: str, *, execute: bool = False) -> dict[str, int]:
    """Rows by table: those found, or those left after they were deleted."""
    tables = settings().tables
    with bigquery_client.connect(tables.events) as client:
        found = rows_of_user(
            client, tables.events, tables.dead_letters, user_id, settings().user_id_key
        )
        if execute:
            for rows in found:
                rows.delete()
        return {rows.table: rows.count() for rows in found}
