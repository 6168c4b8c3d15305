"""The edge in memory, for the tests of any program that sends events.

    with Micro() as micro:
        my_program(endpoint=micro.endpoint(test_id="a"))
        [event] = micro.wait_for_events(1, test_id="a")

Other languages start `python -m aegis_micro` and ask over HTTP: see docs/micro.md.
"""

from aegis_micro.micro import Micro

__all__ = ["Micro"]
