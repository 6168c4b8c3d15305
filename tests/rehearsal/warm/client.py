"""What stands in for a program: passes its command line on to the server that is warm for it.

    python3 -IS client.py SOCKET SCRIPT [ARGUMENT...]
    python3 -IS client.py SOCKET -m MODULE [ARGUMENT...]

Python's own start is most of what this costs, so it imports next to nothing: `socket`, `json` and
`pathlib` would take longer than all the rest.
"""

import _socket
import os
import sys
from array import array

_, address, *arguments = sys.argv
folder = os.getcwd()  # noqa: PTH109
request = repr({"arguments": arguments, "folder": folder, "environment": dict(os.environ)})
server = _socket.socket(_socket.AF_UNIX)
server.connect(address)
files = array("i", [0, 1, 2])
server.sendmsg([request.encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
answer = server.recv(1)
sys.exit(answer[0] if answer else "the program's process ended without a word")
