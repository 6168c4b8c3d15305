"""The README's way without `setup.sh`, run as written in a project of its own."""

import re
from pathlib import Path

from schemas import table_schema
from tests.deploy.project import Project

FLAGS = re.MULTILINE | re.DOTALL
README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_resources_made_by_hand_fit_the_pipeline(project: Project) -> None:
    block = re.search(
        r"^gcloud pubsub topics create .*?(?=^make )", README, re.MULTILINE | re.DOTALL
    )
    assert block is not None
    names = {
        "PUB_SUB_TOPIC_ID": "by-hand",
        "BIGQUERY_DATASET_ID": "by_hand",
        "BIGQUERY_TABLE_ID": "events",
    }
    done = project.command("bash", "-ec", block[0], **names)
    assert done.returncode == 0, done.stderr
    for kind in ("events", "dead_letters"):
        assert project.table(kind, dataset="by_hand")["schema"]["fields"] == table_schema(kind)
