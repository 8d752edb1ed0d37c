"""A place where a stranger's code can run: a process of its own, in an empty folder, with limits.

On Linux, where the system lets us, behind walls: no network, no view of other processes, nowhere
else to write, and the folders that hold tests, sources and marks covered up.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import psutil

from tools.handouts import messages
from tools.handouts.library import ROOT

HERE = Path(__file__).parent
SECRETS = [ROOT / name for name in ("notebooks", "tests", "tools", "build", ".git")]
LONGEST = 2**26  # bytes of a reply
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--fork",
           "--kill-child"]  # fmt: skip
WALLS = """
own=$1; n=$2; shift 2
mount -t proc proc /proc && mount --bind "$own" "$own" && cd "$own" || exit 1
while read -r _ point _; do
    case $point in /proc*|/dev*|/sys*|"$own") ;; *) mount -o remount,bind,ro "$point" ;; esac
done < /proc/self/mounts 2> /dev/null
while [ "$n" -gt 0 ]; do mount -t tmpfs -o ro tmpfs "$1" || exit 1; shift; n=$((n - 1)); done
exec unshare --user --map-root-user --mount -- "$@"
"""  # own folder, how many folders to cover, these, the command; the last line locks it all
PROBE = """
! ls -A "$1" | grep -q . && ! touch "$2/mark" 2> /dev/null && touch mark
"""  # what is covered looks empty, elsewhere nothing can be written, here it can


class Stopped(Exception):
    """The candidate is no more; the message says why, in words for the student."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use: wall seconds a cell or call, and in all; bytes of memory."""

    cell: float = 8
    total: float = 120
    memory: int = 2 * 2**30


def walled(command, own, secrets):
    """The command behind walls: it may write in the folder own, and finds the secrets empty."""
    folders = {Path(folder).resolve() for folder in secrets if Path(folder).is_dir()}
    folders = [str(f) for f in sorted(folders) if not folders & set(f.parents)]
    return [*UNSHARE, "--", "sh", "-c", WALLS, "sh", str(own), str(len(folders)), *folders,
            *command]  # fmt: skip


@cache
def walls():
    """Whether this system lets us put up the walls; tried once."""
    if not shutil.which("unshare"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        own, secret, other = (Path(folder) / name for name in ("own", "secret", "other"))
        for made in (own, secret, other):
            made.mkdir()
        (secret / "key").touch()
        probe = ["sh", "-c", PROBE, "sh", str(secret), str(other)]
        try:
            done = subprocess.run(walled(probe, own, [secret]), capture_output=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0


class Sandbox:
    """A running candidate.py. `ask` sends a request and waits for the reply, not for ever.

    Parameters: library, a folder with dshlib for the candidate to import; limits; secrets, folders
    to cover up beside SECRETS.
    """

    def __init__(self, library, limits, secrets=()):
        self.limits = limits
        self.folder = tempfile.mkdtemp(prefix="candidate-")
        for name in ("candidate.py", "messages.py"):
            shutil.copy(HERE / name, self.folder)
        seconds = int(limits.total) + 1
        command = [sys.executable, "candidate.py", str(seconds), str(limits.memory)]
        if walls():
            command = walled(command, self.folder, [*SECRETS, *secrets])
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=self._environment(library), start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.replies = Queue()
        Thread(target=self._listen, daemon=True).start()

    def ask(self, request, on_ask=None, seconds=None):
        """Send a request, answer what the candidate asks back by on_ask, return its reply."""
        deadline = time.monotonic() + (seconds or self.limits.cell)
        self._send(request)
        while "ask" in (reply := self._reply(deadline)):
            self._send(on_ask(reply))
        return reply

    def seconds(self):
        """Processor time that the candidate, and whatever it started, has used so far."""
        first = psutil.Process(self.process.pid)
        used = [process.cpu_times() for process in (first, *first.children(recursive=True))]
        return sum(t.user + t.system + t.children_user + t.children_system for t in used)

    def close(self):
        """End the candidate, whatever it started, and its folder."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send(self, message):
        try:
            self.process.stdin.write(messages.line(message))
            self.process.stdin.flush()
        except OSError:
            raise Stopped("it ended the Python process (os._exit, or out of memory)") from None

    def _reply(self, deadline):
        try:
            raw = self.replies.get(timeout=max(deadline - time.monotonic(), 0.01))
        except Empty:
            reason = f"it did not finish within {self.limits.cell:g} seconds: an endless loop?"
            raise Stopped(reason) from None
        if not raw.endswith(b"\n"):
            reason = (
                "it ended the Python process" if len(raw) < LONGEST else "its result is too large"
            )
            raise Stopped(f"{reason} (os._exit, or out of time or memory)")
        try:
            return dict(json.loads(raw))
        except ValueError:
            raise Stopped("it wrote what is no reply to the examiner's line") from None

    def _listen(self):
        with contextlib.suppress(OSError, ValueError):  # closed under our hands
            while raw := self.process.stdout.readline(LONGEST):
                self.replies.put(raw)
        self.replies.put(b"")

    def _environment(self, library):
        kept = {n: os.environ[n] for n in ("PATH", "SYSTEMROOT", "LANG") if n in os.environ}
        return kept | {
            "PYTHONPATH": str(library), "HOME": self.folder, "IPYTHONDIR": self.folder,
            "MPLCONFIGDIR": self.folder, "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TMPDIR": self.folder,
        }  # fmt: skip
