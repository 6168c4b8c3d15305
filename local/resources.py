"""Create what the path needs: topic, subscription, dataset, tables and view."""

from google.cloud import bigquery
from google.pubsub_v1 import PublisherClient, SubscriberClient

from local.names import SUBSCRIPTION, TOPIC
from schemas import TABLES, layout, table_schema
from schemas.evolution.migration import view_statements
from schemas.reports import REPORTS, report_sql


def create_queue(publisher: PublisherClient, subscriber: SubscriberClient) -> None:
    publisher.create_topic(name=TOPIC)
    subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC, ack_deadline_seconds=60)


def create_tables(client: bigquery.Client, dataset: str) -> None:
    """Create `dataset` (project.dataset) with its tables, views and table function."""
    client.create_dataset(dataset)
    for name in TABLES:
        client.create_table(_table(dataset, name))
    for statement in view_statements(f"{dataset}.events"):
        client.query(statement).result()
    for report in REPORTS:
        view = bigquery.Table(f"{dataset}.{report}")
        view.view_query = report_sql(report, f"{dataset}.events_deduplicated")
        client.create_table(view)


def _table(dataset: str, name: str) -> bigquery.Table:
    fields = [bigquery.SchemaField.from_api_repr(field) for field in table_schema(name)]
    table = bigquery.Table(f"{dataset}.{name}", schema=fields)
    stored = layout(name)
    table.clustering_fields = stored.clustering
    table.time_partitioning = bigquery.TimePartitioning(field=stored.partition)
    return table
