"""Cloud Storage in memory, as gcloud and Beam see it: `gcp-storage-emulator` on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from threading import Thread

from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage


class _Handler(RequestHandler):
    def parse_request(self) -> bool:
        parsed: bool = super().parse_request()
        # gcloud quotes the boundary with ', which Cloud Storage takes and the emulator does not.
        content_type = self.headers.get("Content-Type", "") if parsed else ""
        if "boundary='" in content_type:
            self.headers.replace_header("Content-Type", content_type.replace("'", '"'))
        return parsed


@contextmanager
def storage(bucket: str) -> Iterator[str]:
    """An emulator that holds one empty bucket; yields its address, `http://127.0.0.1:PORT`."""
    objects = Storage(use_memory_fs=True)
    create_bucket(bucket, objects)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, objects))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
