"""Preview a repair, start a replay, watch it."""

from datetime import UTC, datetime
from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from console.access import require_operator
from console.log import log_action
from console.pages import runs, settings, warehouse
from flex_template.bigquery import client as bigquery_client
from flex_template.replay.forecast import Forecast
from flex_template.replay.options import ReplayOptions
from flex_template.replay.repair import RepairError
from flex_template.replay.run import preview as preview_replay
from flex_template.replay.selection import Selection

MAX_LETTERS = 100_000  # an instance may end at any moment: more than this is for the command line
page = Blueprint("replays", __name__, url_prefix="/replays")


@page.get("")
def show() -> str:
    return render_template("replays.html", runs=warehouse().runs())


@page.post("/preview")
def preview() -> str:
    """Nothing is published: how many would become rows, and a few before and after."""
    require_operator()
    options = _options()
    forecast, error = Forecast(), None
    try:
        with bigquery_client.connect(options.dead_letter_table) as client:
            forecast = preview_replay(client, options)
    except RepairError as refused:
        error = str(refused)
    return render_template(
        "preview.html", forecast=forecast, error=error, options=options, limit=MAX_LETTERS
    )


@page.post("")
def start() -> ResponseReturnValue:
    require_operator()
    options = _options()
    run = runs().start(options, request.form.get("total", 0, type=int))
    log_action(
        "replay",
        run_id=run.run_id,
        error_code=options.selection.error_code,
        path=options.selection.path,
        repair=options.repair,
    )
    return redirect(url_for("replays.run", run_id=run.run_id), HTTPStatus.SEE_OTHER)


@page.get("/<run_id>")
def run(run_id: str) -> str:
    known = runs().get(run_id)
    outcomes = warehouse().run_outcomes(run_id)
    if known is None and not outcomes:
        abort(HTTPStatus.NOT_FOUND, "there is no such replay")
    return render_template("run.html", run_id=run_id, run=known, outcomes=outcomes)


def _options() -> ReplayOptions:
    tables = settings().tables
    return ReplayOptions(
        tables.dead_letters,
        tables.replays,
        settings().topic,
        _selection(),
        request.form.get("repair", "").strip() or None,
        limits=settings().limits,
    )


def _selection() -> Selection:
    form = request.form
    return Selection(
        until=_moment(form.get("until")) or datetime.now(UTC),
        since=_moment(form.get("since")) or datetime.fromtimestamp(0, UTC),
        stage=form.get("stage") or None,
        error_code=form.get("error_code") or None,
        path=form.get("path"),
        dead_letter_ids=tuple(form.getlist("dead_letter_id")),
        limit=MAX_LETTERS,
    )


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        abort(HTTPStatus.BAD_REQUEST, "a time in the form is not RFC 3339")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
