"""The names of the stack's resources, as the documentation uses them."""

PROJECT = "aegis-local"
TOPIC_ID = "events"
TOPIC = f"projects/{PROJECT}/topics/{TOPIC_ID}"
SUBSCRIPTION = f"projects/{PROJECT}/subscriptions/events-pipeline"
DATASET = f"{PROJECT}.aegis"
EVENTS = f"{DATASET}.events"
DEAD_LETTERS = f"{DATASET}.dead_letters"
