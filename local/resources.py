"""Create what the path needs: topic, subscription, dataset, tables and view."""

from google.cloud import bigquery
from google.pubsub_v1 import PublisherClient, SubscriberClient

from local.names import SUBSCRIPTION, TOPIC
from schemas import TABLES, deduplicated_view, layout, table_schema
from schemas.reports import REPORTS, report_sql


def create_queue(publisher: PublisherClient, subscriber: SubscriberClient) -> None:
    publisher.create_topic(name=TOPIC)
    subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC, ack_deadline_seconds=60)


def create_tables(client: bigquery.Client, dataset: str) -> None:
    """Create `dataset` (project.dataset) with its tables, the deduplicated view and the reports."""
    client.create_dataset(dataset)
    for name in TABLES:
        client.create_table(_table(dataset, name))
    deduplicated = f"{dataset}.events_deduplicated"
    _create_view(client, deduplicated, deduplicated_view(f"{dataset}.events"))
    for report in REPORTS:
        _create_view(client, f"{dataset}.{report}", report_sql(report, deduplicated))


def _create_view(client: bigquery.Client, name: str, sql: str) -> None:
    view = bigquery.Table(name)
    view.view_query = sql
    client.create_table(view)


def _table(dataset: str, name: str) -> bigquery.Table:
    fields = [bigquery.SchemaField.from_api_repr(field) for field in table_schema(name)]
    table = bigquery.Table(f"{dataset}.{name}", schema=fields)
    stored = layout(name)
    table.clustering_fields = stored.clustering
    table.time_partitioning = bigquery.TimePartitioning(field=stored.partition)
    return table
