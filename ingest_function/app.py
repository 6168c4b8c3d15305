"""What an ASGI server hosts: `granian --interface asgi ingest_function.app:app`."""

from ingest_function.application import Application
from ingest_function.settings import load_settings

app = Application(load_settings())
