"""A table's name, read in one place and spelt as each interface of BigQuery wants it."""

import re
from typing import NamedTuple, Self

# "Project IDs": https://cloud.google.com/resource-manager/docs/creating-managing-projects
_PROJECT = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
# "Table naming": https://cloud.google.com/bigquery/docs/tables, and "Dataset naming" beside it.
PATTERN = rf"^{_PROJECT}[.:][A-Za-z0-9_]{{1,1024}}\.[A-Za-z0-9_-]{{1,1024}}$"
_DOMAIN_SCOPED = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+:")
EXAMPLE = "my-project.aegis.events"
MAX_SHOWN = 200  # characters of what is refused: the line is for people


class TableName(NamedTuple):
    """`str()` gives project.dataset.table, which SQL and the REST client take."""

    project: str
    dataset: str
    table: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `project.dataset.table` or `project:dataset.table`.

        Raises:
            ValueError: it is neither, or its project belongs to a domain; with a line for people.
        """
        shown = repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…")
        if _DOMAIN_SCOPED.match(text):
            # Their colon and dots cannot be told from those around the dataset in every interface.
            raise ValueError(f"{shown} is in a domain-scoped project, which is not supported")
        if not re.fullmatch(PATTERN, text):
            raise ValueError(f"{shown} is malformed; example: {EXAMPLE}")
        return cls(*re.split("[.:]", text))

    def __str__(self) -> str:
        return ".".join(self)

    def beside(self, table: str) -> Self:
        """Another table of the same dataset."""
        return self._replace(table=table)

    @property
    def full_dataset(self) -> str:
        """The dataset that it is in, as project.dataset."""
        return f"{self.project}.{self.dataset}"

    @property
    def default_stream(self) -> str:
        """Where the Storage Write API appends at least once."""
        return (
            f"projects/{self.project}/datasets/{self.dataset}/tables/{self.table}/streams/_default"
        )

    @property
    def with_colon(self) -> str:
        """As Beam's sink wants it."""
        return f"{self.project}:{self.dataset}.{self.table}"
