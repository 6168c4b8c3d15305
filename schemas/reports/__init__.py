"""The reports: one view each, over the deduplicated events."""

from importlib.resources import files

_PACKAGE = files("schemas.reports")
REPORTS = tuple(
    sorted(
        entry.name.removesuffix(".sql")
        for entry in _PACKAGE.iterdir()
        if entry.name.endswith(".sql")
    )
)


def report_sql(report: str, events_deduplicated: str) -> str:
    """The query of one of `REPORTS` over the view `project.dataset.view`."""
    text = _PACKAGE.joinpath(f"{report}.sql").read_text()
    return text.replace("${events_deduplicated}", events_deduplicated)
