"""Places where things go wrong: a small disk, a read-only folder, a machine without network.

Linux gives a process a disk and a network of its own where it allows user namespaces. Where it does
not, a limit on the size of files, another user, and closed sockets do for the tests.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOUNT_SMALL = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
MOUNT_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
CLOSED = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise OSError("no network")
sys.addaudithook(refuse)
"""


def allowed(*command):
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(scope="session")
def has_mounts():
    return allowed("unshare", "-rm", "sh", "-c", MOUNT_SMALL, "/tmp", "true")


def run_python(code, *arguments, before=()):
    """Run code in a Python of its own, after the command `before`; return what it printed."""
    command = [*before, sys.executable, "-c", code, *map(str, arguments)]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def on_a_small_disk(has_mounts, tmp_path):
    """A function that runs code where the folder, its first argument, is a disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    before = ["sh", "-c", 'ulimit -f 2000 && exec "$@"', "sh"]
    if has_mounts:
        before = ["unshare", "-rm", "sh", "-c", MOUNT_SMALL, str(folder)]
    return lambda code, *arguments: run_python(code, folder, *arguments, before=before)


@pytest.fixture
def read_only(has_mounts):
    """A folder to fill, and a function that runs code where the folder cannot be written."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)

        def run(code, *arguments):
            if has_mounts:
                before = ["unshare", "-rm", "sh", "-c", MOUNT_READ_ONLY, name]
                return run_python(code, folder, *arguments, before=before)
            for path in (*folder.rglob("*"), folder):
                path.chmod(0o555 if path.is_dir() else 0o444)
            other_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            before = other_user if os.geteuid() == 0 else []
            try:
                return run_python(code, folder, *arguments, before=before)
            finally:
                for path in (folder, *folder.rglob("*")):
                    path.chmod(0o755)

        yield folder, run


@pytest.fixture
def without_network():
    """A function that runs code where no other machine can be reached."""
    if allowed("unshare", "-rn", "true"):
        return lambda code, *a: run_python(code, *a, before=["unshare", "-rn"])
    return lambda code, *a: run_python(CLOSED + code, *a)
