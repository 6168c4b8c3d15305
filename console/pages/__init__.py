"""One module for each page; a page reads its parameters, asks, and fills a template."""

from flask import current_app

from console.runs import Runs
from console.settings import Settings
from console.warehouse import Warehouse


def settings() -> Settings:
    found = current_app.extensions["aegis_settings"]
    assert isinstance(found, Settings)
    return found


def warehouse() -> Warehouse:
    found = current_app.extensions["aegis_warehouse"]
    assert isinstance(found, Warehouse)
    return found


def runs() -> Runs:
    found = current_app.extensions["aegis_runs"]
    assert isinstance(found, Runs)
    return found
