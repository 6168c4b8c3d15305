"""The whole path on one machine: emulators, function and pipeline, started and stopped together."""

import os

# gRPC's core would write of connections that end as planned into the reports; it reads this once.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
