"""Cloud Storage in memory, as gcloud and Beam see it: `gcp-storage-emulator` on a free port."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from io import BytesIO
from threading import Lock
from typing import BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

from tests.rehearsal.serving import serving

_OBJECT = re.compile(r"/b/([^/]+)/o(?:/([^/]+))?$")
_NAME = re.compile(rb'"name": ?"([^"]+)"')
_ONE_AT_A_TIME = Lock()


class _Handler(RequestHandler):
    """The emulator, and what gcloud needs beyond it."""

    def parse_request(self) -> bool:
        parsed: bool = super().parse_request()
        # gcloud quotes the boundary with ', which Cloud Storage takes and the emulator does not.
        content_type = self.headers.get("Content-Type", "") if parsed else ""
        if "boundary='" in content_type:
            self.headers.replace_header("Content-Type", content_type.replace("'", '"'))
        return parsed

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        with _ONE_AT_A_TIME:
            if self._precondition_holds():
                super().do_POST()

    def do_DELETE(self) -> None:  # noqa: N802
        with _ONE_AT_A_TIME:
            if self._precondition_holds():
                super().do_DELETE()

    def _precondition_holds(self) -> bool:
        """https://cloud.google.com/storage/docs/request-preconditions, of generations."""
        url = urlsplit(self.path)
        wanted = parse_qs(url.query).get("ifGenerationMatch")
        if not wanted or not (match := _OBJECT.search(url.path)):
            return True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.rfile: BinaryIO = BytesIO(body)
        named = _NAME.search(body)
        name = unquote(match[2]) if match[2] else named[1].decode() if named else ""
        stored = self.storage.objects.get(match[1], {}).get(name, {})
        if stored.get("generation", "0") == wanted[0]:
            return True
        self.send_error(HTTPStatus.PRECONDITION_FAILED)
        return False


@contextmanager
def storage(bucket: str) -> Iterator[str]:
    """An emulator that holds one empty bucket; yields its address, `http://127.0.0.1:PORT`."""
    objects = Storage(use_memory_fs=True)
    create_bucket(bucket, objects)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, objects))
    with serving(server) as address:
        yield address
