"""The newest events, and one event's story."""

from flask import Blueprint, render_template, request

from console.pages import warehouse

page = Blueprint("events", __name__, url_prefix="/events")


@page.get("")
def show() -> str:
    identifier = request.args.get("q", "").strip()
    found = warehouse().events(identifier or None)
    return render_template("events.html", q=identifier, events=found)


@page.get("/<path:identifier>")
def story(identifier: str) -> str:
    moments = warehouse().story(identifier)
    return render_template("story.html", identifier=identifier, moments=moments)
