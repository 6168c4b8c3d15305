"""Log lines never stall or fail their writer, whatever becomes of the reader."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest_function.logs import lines
from ingest_function.logs.lines import MAX_WAITING_BYTES, Lines

LINE = b"x" * 199 + b"\n"


def numbered(count: int) -> list[bytes]:
    return [b"%d %s" % (number, LINE) for number in range(count)]


def written(sent: Sequence[bytes], descriptor: int) -> Lines:
    async def scenario() -> Lines:
        output = Lines(descriptor)
        for line in sent:
            output.put(line)
        await output.close()
        return output

    return asyncio.run(scenario())


def test_lines_arrive_whole_and_in_order() -> None:
    reader, writer = os.pipe()
    expected = numbered(50)
    output = written(expected, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        assert stream.readlines() == expected
    assert output.lost == 0


def test_a_reader_that_stalls_costs_lines_but_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "CLOSE_SECONDS", 0)
    reader, writer = os.pipe()
    sent = numbered(4 * MAX_WAITING_BYTES // len(LINE))
    output = written(sent, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        taken = stream.readlines()
    assert taken == sent[: len(taken)]
    assert output.lost == len(sent) - len(taken) > 0


def test_what_waited_for_a_slow_reader_is_written_once_it_reads() -> None:
    reader, writer = os.pipe()
    sent = numbered(1000)

    async def scenario() -> bytes:
        output = Lines(writer)
        for line in sent:
            output.put(line)
        await asyncio.sleep(0)  # the pipe is full now
        reading = asyncio.create_task(asyncio.to_thread(read_all, reader))
        await output.close()
        os.close(writer)
        assert output.lost == 0
        return await reading

    assert asyncio.run(scenario()).splitlines(keepends=True) == sent


def read_all(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read()


def test_a_reader_that_is_gone_costs_the_lines() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    output = written(numbered(3), writer)
    os.close(writer)
    assert output.lost == 3


def test_the_descriptor_keeps_blocking_for_the_others_that_hold_it() -> None:
    reader, writer = os.pipe()
    written([LINE], writer)
    assert os.get_blocking(writer)
    os.close(reader)
    os.close(writer)


def test_a_file_keeps_what_it_held(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb", buffering=0) as stream:
        stream.write(b"before\n")
        written([LINE], stream.fileno())
    assert path.read_bytes() == b"before\n" + LINE
