"""Create what the path needs: topic, subscription, dataset, tables and views."""

from google.cloud import bigquery
from google.pubsub_v1 import PublisherClient, SubscriberClient

from local.names import SUBSCRIPTION, TOPIC
from schemas import TABLES, layout
from schemas.evolution import statements
from schemas.evolution.migration import new_table


def create_queue(publisher: PublisherClient, subscriber: SubscriberClient) -> None:
    publisher.create_topic(name=TOPIC)
    subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC, ack_deadline_seconds=60)


def create_tables(client: bigquery.Client, dataset: str) -> None:
    """Create `dataset` (project.dataset) with its tables."""
    client.create_dataset(dataset)
    for name in TABLES:
        client.create_table(new_table(name, f"{dataset}.{name}", layout(name)))


def create_views(client: bigquery.Client, dataset: str) -> None:
    """Create the views and the table function over the tables of `dataset`."""
    for _, statement in statements.views(f"{dataset}.events"):
        client.query(statement).result()
