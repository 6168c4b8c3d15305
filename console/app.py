"""The console as a Flask application, which `python -m console` serves."""

import os
from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response, render_template
from google.api_core.exceptions import GoogleAPICallError, NotFound, RetryError
from werkzeug.exceptions import HTTPException

from console import formats
from console.access import Access
from console.pages import dead_letters, erase, events, now, replays, reports
from console.protection import add_headers, check_token, csrf_token
from console.runs import Runs
from console.settings import ConfigurationError, Settings, read_settings
from console.warehouse import Warehouse
from flex_template.bigquery import client as bigquery_client

# The largest jq program, 64 KiB, when every byte is percent-encoded as three; and the filters.
MAX_FORM_BYTES = 256 * 1024


def create_app(environment: Mapping[str, str] = os.environ) -> Flask:
    """The application for the settings of `environment`.

    Raises:
        SystemExit: a variable is missing or wrong; the message names it.
    """
    try:
        return _application(read_settings(environment))
    except ConfigurationError as error:
        raise SystemExit(f"console: {error}") from None


def _application(settings: Settings) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
    app.secret_key = settings.secret_key
    client = bigquery_client.connect(settings.tables.events)
    app.extensions["aegis_settings"] = settings
    app.extensions["aegis_warehouse"] = Warehouse(client, settings.tables)
    app.extensions["aegis_runs"] = Runs(client)
    app.before_request(Access(settings))
    app.before_request(check_token)
    app.after_request(add_headers)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(GoogleAPICallError, _unavailable)
    app.register_error_handler(RetryError, _unavailable)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.jinja_env.filters |= formats.FILTERS
    for page in (now, events, dead_letters, replays, reports, erase):
        app.register_blueprint(page.page)
    return app


def _refused(error: HTTPException) -> tuple[str, int]:
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    return render_template("error.html", code=code, message=error.description), code


def _unavailable(error: GoogleAPICallError | RetryError) -> tuple[str, int] | Response:
    if isinstance(error, NotFound):
        message = "A table or view is missing: deploy/setup.sh --apply creates it."
    else:
        message = f"BigQuery or Pub/Sub does not answer as it should: {error.message}"
    return render_template("error.html", code=502, message=message), HTTPStatus.BAD_GATEWAY
