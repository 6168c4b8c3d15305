"""The names of the stack's resources, as the documentation uses them."""

PROJECT = "aegis-local"
TOPIC_ID = "events"
LOCAL_API_KEY = "local-development-key"  # of `make dev`, so that a client keeps its settings
# Of examples/extension, from the key in its manifest.
EXTENSION_ORIGIN = "chrome-extension://bpbomciifmpclbjhnaicjpjihfabjmmn"
TOPIC = f"projects/{PROJECT}/topics/{TOPIC_ID}"
SUBSCRIPTION = f"projects/{PROJECT}/subscriptions/events-pipeline"
DATASET = f"{PROJECT}.aegis"
EVENTS = f"{DATASET}.events"
DEAD_LETTERS = f"{DATASET}.dead_letters"
