"""A Pub/Sub that answers `Publish` after a while, and lets some calls hang.

python -m benchmarks.edge.slow_pubsub --port 8085 --milliseconds 30 --hang-one-in 100
"""

import argparse
import asyncio
from itertools import count

import grpc
from google.pubsub_v1.types import PublishRequest, PublishResponse

HANG_SECONDS = 8
_Request, _Response = PublishRequest.pb(), PublishResponse.pb()


class Publish(grpc.GenericRpcHandler):
    def __init__(self, seconds: float, hang_one_in: int) -> None:
        self._seconds = seconds
        self._hang_one_in = hang_one_in
        self._calls = count(1)

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if not details.method.endswith("/Publish"):
            return None
        return grpc.unary_unary_rpc_method_handler(self._publish, _Request.FromString, _serialized)

    async def _publish(self, request: object, _context: object) -> object:
        hangs = self._hang_one_in and next(self._calls) % self._hang_one_in == 0
        await asyncio.sleep(HANG_SECONDS if hangs else self._seconds)
        ids = [str(number) for number, _ in enumerate(request.messages)]  # type: ignore[attr-defined]
        return _Response(message_ids=ids)


def _serialized(response: object) -> bytes:
    found: bytes = response.SerializeToString()  # type: ignore[attr-defined]
    return found


async def serve(port: int, milliseconds: float, hang_one_in: int) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Publish(milliseconds / 1000, hang_one_in),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--port", type=int, required=True)
    command.add_argument("--milliseconds", type=float, default=0)
    command.add_argument("--hang-one-in", type=int, default=0)
    asyncio.run(serve(**vars(command.parse_args())))


if __name__ == "__main__":
    main()
