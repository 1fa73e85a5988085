"""The clients of the HTTP bench, in a process of their own: requests over connections that stay open.

Reads one JSON object from standard input (``port``, ``path``, ``bodies`` in base64, ``count``, ``connections``) and
writes one to standard output: ``seconds`` in all and the ``latencies`` of single requests in microseconds.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
import sys
import time
from typing import Any

WANTED = re.compile(rb'"verdict": ?"valid"')


class WrongAnswerError(Exception):
    """A request was not answered with the verdict valid."""


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """Send a request and read its answer, whose length must be stated: status and body."""
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return status, await reader.readexactly(int(lengths[0].partition(b":")[2]))


def request(path: str, body: bytes) -> bytes:
    """The request that hands in a body as it is."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def drive(port: int, requests: list[bytes], count: int, connections: int) -> dict[str, Any]:
    """Send ``count`` requests over so many connections, each of them busy all the time."""
    numbers = iter(range(count))
    latencies: list[int] = []
    started = time.perf_counter()

    async def one(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        turns = itertools.islice(itertools.cycle(requests), first, None)
        try:
            for _, sent in zip(numbers, turns, strict=False):
                before = time.perf_counter()
                status, body = await exchange(reader, writer, sent)
                latencies.append(round((time.perf_counter() - before) * 1e6))
                if status != 200 or not WANTED.search(body):
                    raise WrongAnswerError(f"answered {status}: {body[:300]!r}")
        finally:
            writer.close()

    async with asyncio.TaskGroup() as group:
        for number in range(connections):
            group.create_task(one(number))
    return {"seconds": time.perf_counter() - started, "latencies": latencies}


def main() -> int:
    """Do what standard input asks; 1 where an answer was not the right one."""
    asked = json.load(sys.stdin)
    requests = [request(asked["path"], base64.b64decode(body)) for body in asked["bodies"]]
    try:
        done = asyncio.run(drive(asked["port"], requests, asked["count"], asked["connections"]))
    except ExceptionGroup as errors:
        print(repr(errors.exceptions[0]), file=sys.stderr)
        return 1
    json.dump(done, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
