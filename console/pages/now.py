"""What has arrived in the last hour."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template

from console.pages import warehouse

page = Blueprint("now", __name__)


@page.get("/")
def show() -> str:
    since = datetime.now(UTC) - timedelta(hours=1)
    return render_template(
        "now.html",
        counts=warehouse().counts(since),
        groups=warehouse().groups(since),
        at=datetime.now(UTC),
    )
