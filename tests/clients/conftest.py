"""What every client test needs: stubs made from proto/ by grpc_tools, and a running server.

The clients are grpcio and the standard library: programs that nobody here wrote. The server is the binary that cargo
built, started as a person would start it, with its embedded Postgres in a folder of its own.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid

import grpc
import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 120
STOP_SECONDS = 60


def pytest_configure(config):
    """Makes the stubs before any test module imports them."""
    config.stub_folder = tempfile.mkdtemp(prefix="copydesk-stubs-")
    sys.path.insert(0, config.stub_folder)
    import grpc_tools
    from grpc_tools import protoc

    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    contract = sorted(str(path) for path in (REPOSITORY / "proto/copydesk/v1").glob("*.proto"))
    arguments = [f"-I{REPOSITORY / 'proto'}", f"-I{well_known}"]
    arguments += [f"--python_out={config.stub_folder}", f"--grpc_python_out={config.stub_folder}"]
    if protoc.main(["protoc", *arguments, *contract]) != 0:
        raise pytest.UsageError("protoc does not accept the contract")


def pytest_unconfigure(config):
    """Removes the stubs."""
    shutil.rmtree(config.stub_folder, ignore_errors=True)


class Server:
    """A running `copydesk serve`."""

    def __init__(self, data_dir, log_path):
        binary = os.environ.get("COPYDESK_BIN", str(REPOSITORY / "target/debug/copydesk"))
        # The environment of a developer must not lead the server to another database.
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "DATABASE_URL" and not name.startswith("COPYDESK_")
        }
        environment["RUST_BACKTRACE"] = "0"
        arguments = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir", data_dir]
        # The tests submit one story many times, and count updates: none may be about copies.
        arguments += ["--duplicate-days", "0"]
        self.data_dir = pathlib.Path(data_dir)
        self.log_path = log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                [binary, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment, text=True
            )
        # Reading its output has no limit of its own: a server that says nothing is ended, which ends the reading.
        alarm = threading.Timer(START_SECONDS, self.process.kill)
        alarm.start()
        try:
            self.address = self._read_address("listening on")
            self.metrics_address = self._read_address("metrics on")
        finally:
            alarm.cancel()

    def _read_address(self, words):
        for line in self.process.stdout:
            found = re.search(rf"{words} http://([^/\s]+)", line)
            if found:
                return found.group(1)
        raise AssertionError(f"the server ended or never said {words!r}:\n{self.log()}")

    def log(self):
        """What it logged so far."""
        return pathlib.Path(self.log_path).read_text(errors="replace")

    def stop(self):
        """Asks it to end as an operator would, and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()


@pytest.fixture(scope="session")
def server():
    """One server for the run. In the end it must stop in order: exit status 0, and its Postgres with it."""
    folder = tempfile.mkdtemp(prefix="copydesk-clients-")
    try:
        # The folder itself, for the service may open only its own to the user that Postgres runs as.
        running = Server(folder, os.path.join(folder, "server.log"))
        try:
            yield running
        finally:
            status = running.stop()
        assert status == 0, f"exit status {status} after SIGTERM:\n{running.log()}"
        left = running.data_dir / "postgres/postmaster.pid"
        assert not left.exists(), "the embedded Postgres still runs"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def channel(server):
    """A channel to it, ready."""
    with grpc.insecure_channel(server.address) as opened:
        grpc.channel_ready_future(opened).result(timeout=30)
        yield opened


@pytest.fixture
def source():
    """A source that no other test sends from, so that tests do not see each other's articles."""
    return f"test-{uuid.uuid4()}"
