"""``python -m bench.http``: the verification service over HTTP, beside a bare endpoint of FastAPI and PyLD.

Every server is the real program in processes of its own, the clients are in another one, and the status list that one
of the badges names is fetched from a web server here and then kept by the service.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from badgeport.issuer import status_lists
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import secure
from bench import contenders, http_peer, record, tables
from bench.credentials import NOW, SEED, issuer, sample, unsigned

COUNT = 100_000
SMOKE_COUNT = 200
WORKERS = (1, 2)
SIZE = "realistic"
ROUNDS = 5
CONNECTIONS_A_WORKER = 4
COMPARED_SHARE = 100
"""What is compared with the peer, or asked over one connection, is asked one request where all in all there are 100."""
FEWER_WORKERS_SHARE = 5
"""The long run is done with the most workers; with fewer it is a fifth as long."""
MEASURES = 10
"""How often memory is looked at in the long run; what comes before the first look is warming up."""

SERVICE, PEER = "Badgeport", "FastAPI and PyLD"
PATH = "/api/v1/verify"
FORMATS = (
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("eddsa-jcs-2022", KeyType.ED25519),
    ("vc-jwt", KeyType.P256),
    ("vc+sd-jwt", KeyType.P256),
)
START_SECONDS = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")

EXPLANATION = """\
How to read this: `badgeport serve --role verifier` and a bare endpoint of FastAPI and PyLD, each with so many worker
processes of uvicorn, are asked over connections that stay open and are busy all the time, by a process of its own on
the same machine, which takes its share of the processors. Badges are of the size “realistic”, by issuers with did:key.
“all” are {all_formats}, by turns; the first of them also with a status list, which is fetched once from a
web server on the same machine and then kept. The peer makes no check but that of the proof, of one format, and answers
with one word; Badgeport makes every check and answers with the whole report.

- **CPU** is the processor time of all processes of a server for one request, and what to compare; requests a second
  and latencies depend on how many processors there are besides. Latencies with several connections are those of a
  server that is never idle; with one connection, those of a server with nothing else to do.
- Where the two are compared they took turns in {rounds} rounds, and throughput and CPU are medians of the rounds.
- **Memory** is the resident memory of all processes of a server. Growth is from after the first tenth of the long run
  to its end.
- Before anything was timed, every badge was valid at both, and none was with one word of it changed.
"""


@dataclass(frozen=True)
class Load:
    """What a server is asked: the badges by turns, how many requests, and over how many connections."""

    bodies: tuple[bytes, ...]
    count: int
    connections: int


@dataclass(frozen=True)
class Ran:
    """One run of requests: wall clock and processor seconds, latencies in seconds, memory before and after in bytes."""

    count: int
    seconds: float
    cpu: float
    latencies: tuple[float, ...]
    memory: tuple[int, int]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    workers: int
    contender: str
    badges: str
    connections: int
    runs: tuple[Ran, ...]

    @property
    def throughput(self) -> float:
        """Requests a second, the median of the runs."""
        return median(run.count / run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """Processor seconds of one request, the median of the runs."""
        return median(run.cpu / run.count for run in self.runs)

    def latency(self, share: float) -> float:
        """The latency below which that share of all requests stayed."""
        return percentile([each for run in self.runs for each in run.latencies], share)


@dataclass(frozen=True)
class Memory:
    """What a long run did to the memory of a server, in bytes, looked at after every part of it."""

    workers: int
    count: int
    looks: tuple[int, ...]

    @property
    def growth(self) -> int:
        """From the first look to the last."""
        return self.looks[-1] - self.looks[0]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m bench.http", description="Measure the service over HTTP.")
    made.add_argument("--smoke", action="store_true", help=f"{SMOKE_COUNT} requests only; no figures are recorded")
    made.add_argument(
        "--count", metavar="N", type=_positive, default=COUNT, help="verifications (default: %(default)s)"
    )
    made.add_argument("--rounds", metavar="N", type=_positive, default=ROUNDS, help="rounds (default: %(default)s)")
    made.add_argument("--record", metavar="FILE", help="write the results into this file, beside those of the others")
    return made


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least one")
    return value


def main(arguments: Sequence[str]) -> int:
    """Run with these arguments; 1 where a server is wrong."""
    options = parser().parse_args(arguments)
    count = SMOKE_COUNT if options.smoke else options.count
    rounds = 1 if options.smoke else options.rounds
    started = time.perf_counter()
    rows: list[Row] = []
    memories: list[Memory] = []
    with _status_server() as status:
        badges = badges_with_status(status)
        for workers in WORKERS:
            asked = count if workers == max(WORKERS) else max(count // FEWER_WORKERS_SHARE, 20)
            found, memory = _measure(workers, badges, asked, count // COMPARED_SHARE, rounds)
            rows += found
            memories.append(memory)
    seconds = time.perf_counter() - started
    text = f"{table(rows)}\n\n{memory_table(memories)}"
    print(text)
    if options.smoke:
        print(f"bench.http smoke: {count} requests of each kind, every answer right, in {seconds:.1f} s")
    elif options.record:
        record.write_section(Path(options.record), section(arguments, seconds, count, rounds, text))
    return 0


# -- what is asked --------------------------------------------------------------------------------------------------


def badges_with_status(address: str) -> tuple[bytes, ...]:
    """The same badge in every format, first the one that the peer verifies too, and last one with a status."""
    signer = issuer(KeyType.ED25519).signer
    entry = {
        "id": f"{address}#4711",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "4711",
        "statusListCredential": address,
    }
    with_status = secure({**unsigned(SIZE, signer), "credentialStatus": entry}, signer, "eddsa-rdfc-2022", created=NOW)
    return (*(sample(SIZE, format, key_type).shown for format, key_type in FORMATS), with_status)


@contextlib.contextmanager
def _status_server() -> Iterator[str]:
    """The address of a signed status list, served for a day at a time."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _StatusHandler) as server:
        address = f"http://localhost:{server.server_address[1]}/status"
        made = status_lists.new_list(address, "revocation")
        _StatusHandler.body = status_lists.issue(made, issuer(KeyType.ED25519).signer, now=datetime.now(UTC)).bytes
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield address
        finally:
            server.shutdown()


class _StatusHandler(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vc")
        self.send_header("Cache-Control", "max-age=86400")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


# -- servers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A server that was started: its main process, its port, and where it takes credentials."""

    process: int
    port: int
    path: str

    def memory(self) -> int:
        """Resident bytes of all its processes."""
        return sum(_resident(each) for each in _family(self.process))

    def cpu(self) -> float:
        """Processor seconds of all its processes, which live as long as it does."""
        return sum(_processor_seconds(each) for each in _family(self.process))


@contextlib.contextmanager
def service(workers: int) -> Iterator[Server]:
    """Badgeport's service, as operators start it."""
    command = Path(sys.executable).with_name("badgeport")
    with tempfile.TemporaryDirectory() as directory:
        settings = {
            "BADGEPORT_DATA_DIR": directory,
            "BADGEPORT_RATE_LIMIT": "off",
            "BADGEPORT_LOG_LEVEL": "error",
            "BADGEPORT_ALLOW_LOOPBACK_HTTP": "yes",
        }
        port = _free_port()
        arguments = ["serve", "--role", "verifier", "--port", str(port), "--workers", str(workers)]
        with _started([str(command), *arguments], port, PATH, settings) as server:
            yield server


@contextlib.contextmanager
def peer(workers: int) -> Iterator[Server]:
    """The bare endpoint."""
    port = _free_port()
    arguments = ["-m", "uvicorn", "bench.http_peer:app", "--port", str(port), "--workers", str(workers)]
    quiet = ["--log-level", "error", "--no-access-log"]
    with _started([sys.executable, *arguments, *quiet], port, http_peer.PATH, {}) as server:
        yield server


@contextlib.contextmanager
def _started(command: Sequence[str], port: int, path: str, settings: dict[str, str]) -> Iterator[Server]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("BADGEPORT_")}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=record.ROOT, env={**outer, **settings}, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            end = time.monotonic() + START_SECONDS
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > end:
                    errors.seek(0)
                    raise RuntimeError(f"{command[0]} did not start: {errors.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.1)
            yield Server(process.pid, port, path)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _family(process: int) -> list[int]:
    """A process and all that it started, as the system lists them."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):
            for listed in Path(f"/proc/{parent}/task").glob("*/children"):
                found += [int(child) for child in listed.read_text().split()]
    return found


def _resident(process: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _processor_seconds(process: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


# -- measuring ------------------------------------------------------------------------------------------------------


def _measure(
    workers: int, badges: tuple[bytes, ...], count: int, compared: int, rounds: int
) -> tuple[list[Row], Memory]:
    connections = CONNECTIONS_A_WORKER * workers
    share = max(compared, 20)
    one = badges[:1]
    with service(workers) as ours, peer(workers) as other:
        check(ours, badges)
        check(other, one)
        for server, bodies in ((ours, badges), (other, one)):
            run(server, Load(bodies, max(share // 10, 20), connections))
        _say(f"workers {workers}: {share} requests of one format, by turns")
        compared: dict[str, list[Ran]] = {SERVICE: [], PEER: []}
        for number in range(rounds):
            turns = [(SERVICE, ours), (PEER, other)]
            for name, server in turns[number % 2 :] + turns[: number % 2]:
                compared[name].append(run(server, Load(one, max(share // rounds, 20), connections)))
        _say(f"workers {workers}: {share} requests over one connection")
        alone = {name: run(server, Load(one, share, 1)) for name, server in ((SERVICE, ours), (PEER, other))}
    with service(workers) as ours:
        _say(f"workers {workers}: {count} requests of all formats")
        long: list[Ran] = []
        for _ in range(MEASURES):
            long.append(run(ours, Load(badges, max(count // MEASURES, 1), connections)))
            _say(f"  {long[-1].count / long[-1].seconds:.0f} requests/s, {mebibytes(long[-1].memory[1])} MiB")
    rows = [
        Row(workers, SERVICE, "all", connections, tuple(long)),
        *(Row(workers, name, FORMATS[0][0], connections, tuple(runs)) for name, runs in compared.items()),
        *(Row(workers, name, FORMATS[0][0], 1, (ran,)) for name, ran in alone.items()),
    ]
    return rows, Memory(workers, sum(each.count for each in long), tuple(each.memory[1] for each in long))


def check(server: Server, bodies: Sequence[bytes]) -> None:
    """Whether a server is right about every badge, and about each of them with one word changed."""
    for body in bodies:
        for data, right in ((body, "valid"), (contenders.changed(body), "invalid")):
            connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("POST", server.path, data, {"Content-Type": "application/octet-stream"})
            verdict = json.loads(connection.getresponse().read())["verdict"]
            connection.close()
            if verdict != right:
                raise RuntimeError(f"{server.path} said {verdict} of a badge that is {right}: {data[:80]!r}")


def run(server: Server, load: Load) -> Ran:
    """Ask a server and see what it takes. Raises RuntimeError where an answer is not the right one."""
    asked = {
        "port": server.port,
        "path": server.path,
        "bodies": [base64.b64encode(body).decode() for body in load.bodies],
        "count": load.count,
        "connections": load.connections,
    }
    memory, cpu = server.memory(), server.cpu()
    client = subprocess.run(
        [sys.executable, "-m", "bench.http_client"],
        cwd=record.ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if client.returncode:
        raise RuntimeError(f"the clients gave up: {client.stderr.strip()[-2000:]}")
    done = json.loads(client.stdout)
    latencies = tuple(each / 1e6 for each in done["latencies"])
    return Ran(load.count, done["seconds"], server.cpu() - cpu, latencies, (memory, server.memory()))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of all values does not exceed."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


# -- telling --------------------------------------------------------------------------------------------------------


def table(rows: Sequence[Row]) -> str:
    """The table of speed. A peer's figure over ours stands where both were asked the same."""
    header = (
        "workers",
        "server",
        "badges",
        "connections",
        "requests/s",
        "p50, ms",
        "p99, ms",
        "CPU, ms",
        "× Badgeport",
    )
    ours = {(row.workers, row.badges, row.connections): row for row in rows if row.contender == SERVICE}
    body = [
        (
            str(row.workers),
            row.contender,
            row.badges,
            str(row.connections),
            f"{row.throughput:,.0f}",
            milliseconds(row.latency(0.5)),
            milliseconds(row.latency(0.99)),
            milliseconds(row.cpu),
            tables.ratio(row.cpu, ours[row.workers, row.badges, row.connections].cpu),
        )
        for row in rows
    ]
    return tables.table(header, body)


def memory_table(memories: Sequence[Memory]) -> str:
    """The table of memory."""
    header = ("workers", "verifications", "after a tenth, MiB", "at the end, MiB", "growth, MiB", "highest, MiB")
    body = [
        (
            str(each.workers),
            f"{each.count:,}",
            mebibytes(each.looks[0]),
            mebibytes(each.looks[-1]),
            mebibytes(each.growth),
            mebibytes(max(each.looks)),
        )
        for each in memories
    ]
    return tables.table(header, body)


def milliseconds(seconds: float) -> str:
    """A time in milliseconds."""
    return f"{seconds * 1e3:,.1f}"


def mebibytes(count: int) -> str:
    """Memory in mebibytes."""
    return f"{count / 2**20:,.1f}"


def section(arguments: Sequence[str], seconds: float, count: int, rounds: int, text: str) -> str:
    """The part of the record that tells of a run."""
    names = [format for format, _ in FORMATS]
    explanation = EXPLANATION.format(all_formats=f"{', '.join(names[:-1])} and {names[-1]}", rounds=rounds)
    return "\n".join(
        [
            *record.run_facts(arguments, program="bench.http"),
            f"- Requests: {count:,} in the long run, {seconds:,.0f} s in all",
            f"- Seed: {SEED}",
            f"- Packages: {record.named_versions(record.SERVICE_PACKAGES)}",
            "",
            explanation,
            text,
            "",
        ]
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
