"""A place where a stranger's code can run: a process of its own, in an empty folder, with limits.

On Linux behind walls that bubblewrap puts up: of the machine it sees the programs of the system and
the Python environment, to read only; no other file, no process, no network.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.handouts import messages
from tools.handouts.watch import Watch

HERE = Path(__file__).parent
PROGRAM = ("candidate.py", "messages.py")
LONGEST = 2**24  # bytes of a reply
MOST_ASKS = 10_000  # questions back, of one call
SYSTEM = ("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/bin", "/usr/local/lib",
          "/bin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")  # fmt: skip
GET_BUBBLEWRAP = "Debian, Ubuntu: apt-get install bubblewrap. Fedora: dnf install bubblewrap"


class Stopped(Exception):
    """The candidate is no more; the message says why, in words for the student."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use, all its processes together.

    Seconds of processor time for a cell or call, and in all; bytes of memory; processes; bytes of
    files.
    """

    cell: float = 8
    total: float = 120
    memory: int = 2 * 2**30
    processes: int = 64
    disk: int = 2**28


def walled(command, limits, seen):
    """The command behind walls, with {folder outside: where it is seen inside} to read."""
    tmpfs = ["--size", str(limits.disk), "--tmpfs"]
    return [
        shutil.which("bwrap"), "--unshare-all", "--unshare-user", "--disable-userns",
        "--cap-drop", "ALL", "--die-with-parent", "--new-session",
        *_shown(*SYSTEM, *_environment()), *_empty(*_installed()),
        *(part for pair in seen.items() for part in ("--ro-bind", *pair)),
        "--proc", "/proc", *_empty("/proc/sys"),
        "--dev", "/dev", *tmpfs, "/dev/shm", "--remount-ro", "/dev",
        *tmpfs, "/tmp", *_empty("/run"), "--remount-ro", "/", "--chdir", "/tmp", "--", *command,
    ]  # fmt: skip


def _shown(*paths):
    """To be read inside as they are outside, as far as they are there."""
    parts = []
    for path in paths:
        if os.path.islink(path):
            parts += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            parts += ["--ro-bind", path, path]
    return parts


def _empty(*folders):
    return [part for path in folders for part in ("--tmpfs", path, "--remount-ro", path)]


def _environment():
    """What Python needs of its environment, which can hold other things, even a checkout.

    The Python that it was made from may be named by way of a link.
    """
    named = (sys.prefix, sys.base_prefix)
    prefixes = sorted({*named, *map(os.path.realpath, named)} - {"/usr", "/usr/local"})
    parts = ("bin", "lib", "lib64", "pyvenv.cfg")
    return [os.path.join(prefix, part) for prefix in prefixes for part in parts]


def _installed():
    """Where dshlib is installed, with images that not all may see: a candidate has the library."""
    places = [os.path.join(path, "dshlib") for path in sys.path if path.endswith("-packages")]
    return [place for place in places if os.path.isdir(place)]


@cache
def missing_walls():
    """Why there are no walls on this machine, and how to get them; nothing if there are."""
    if not sys.platform.startswith("linux"):
        return "Walls around submissions need Linux."
    if not shutil.which("bwrap"):
        return f"Walls around submissions need bubblewrap, which is missing. {GET_BUBBLEWRAP}."
    probe = walled([sys.executable, "-c", "import numpy"], Limits(), {})
    done = subprocess.run(probe, capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return ""
    reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return (
        f"bubblewrap cannot put up walls around submissions here ({reason}). It needs version 0.8 "
        "and user namespaces, which containers, hubs and some systems forbid to their users."
    )


class Sandbox:
    """A running candidate.py. `ask` sends a request and waits for the reply, not for ever.

    Parameters: library, a folder with dshlib for the candidate to import; limits; with_walls.
    """

    def __init__(self, library, limits, with_walls=True):
        if with_walls and (missing := missing_walls()):
            raise RuntimeError(missing)
        self.folder = tempfile.mkdtemp(prefix="candidate-")
        for name in PROGRAM:
            shutil.copy(HERE / name, self.folder)
        most = [int(limits.total) + 1, limits.memory, limits.processes if with_walls else 0]
        command = [sys.executable, os.path.join(self.folder, "candidate.py"), *map(str, most)]
        home = self.folder
        if with_walls:
            seen = {self.folder: "/program", library: "/library"}
            command[1], library, home = "/program/candidate.py", "/library", "/tmp"
            command = walled(command, limits, seen)
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=_variables(library, home), start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.watch = Watch(self.process, limits, with_walls)

    def ask(self, request, on_ask, seconds=None):
        """Send a request, answer what the candidate asks back by on_ask, return its reply.

        The watch ends a candidate that takes more than the seconds for all of this together, that
        does not write, or does not read: then either pipe is closed.
        """
        self.watch.allow(seconds or self.watch.limits.cell)
        try:
            self._send(request)
            for _ in range(MOST_ASKS):
                if "ask" not in (reply := self._reply()):
                    return reply
                self._send(on_ask(reply))
        finally:
            self.watch.rest()
        raise Stopped(f"it called a function that it was given more than {MOST_ASKS:,} times")

    def close(self):
        """End the candidate, whatever it started, and its folder."""
        self.watch.end()
        self.watch.join()
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
            raise self._stopped() from None

    def _reply(self):
        raw = self.process.stdout.readline(LONGEST)
        if len(raw) == LONGEST:
            raise Stopped("its result is too large")
        if not raw.endswith(b"\n"):
            raise self._stopped()
        try:
            return dict(json.loads(raw))
        except (ValueError, TypeError, RecursionError):
            raise Stopped("it wrote what is no reply to the examiner's line") from None

    def _stopped(self):
        return Stopped(
            self.watch.reason or "it ended the Python process (os._exit, or out of memory)"
        )


def _variables(library, home):
    kept = {n: os.environ[n] for n in ("SYSTEMROOT", "LANG") if n in os.environ}
    return kept | {
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), "/usr/bin", "/bin"]),
        "PYTHONPATH": str(library), "HOME": home, "IPYTHONDIR": home, "MPLCONFIGDIR": home,
        "TMPDIR": home, "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", "PIP_NO_INDEX": "1",
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
