"""What stands in for the interpreter: passes a command line on to the server that is warm for it.

    python3 -IS client.py FOLDER [FLAG...] SCRIPT [ARGUMENT...]
    python3 -IS client.py FOLDER [FLAG...] -m MODULE [ARGUMENT...]

FOLDER holds the servers' sockets: `bq` and `gcloud`, or `pipeline`.
"""

import json
import os
import socket
import sys

SOCKETS = {"platform/bq/bq.py": "bq", "flex_template.main": "pipeline"}

_, folder, *arguments = sys.argv
while arguments[0] == "-S":
    del arguments[0]
program = arguments[arguments[0] == "-m"]
name = next((SOCKETS[end] for end in SOCKETS if program.endswith(end)), "gcloud")
# pathlib would take longer to import than all of this takes to run.
folder_now = os.getcwd()  # noqa: PTH109
request = {"arguments": arguments, "folder": folder_now, "environment": dict(os.environ)}
with socket.socket(socket.AF_UNIX) as server:
    server.connect(f"{folder}/{name}")
    socket.send_fds(server, [json.dumps(request).encode()], [0, 1, 2])
    answer = server.recv(1)
sys.exit(answer[0] if answer else "the program's process ended without a word")
