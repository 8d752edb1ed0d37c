"""Limits on all processes of a candidate together; the system itself only limits each alone."""

import contextlib
import math
import os
import signal
import time
from threading import Event, Thread

import psutil

EVERY = 0.1  # seconds between two looks
PATIENCE = 4  # seconds by the clock for one of processor time, for what sleeps or has to share


class Watch(Thread):
    """Looks at a process and all that it started, and ends them when a limit is passed.

    Parameters: process, a Popen that leads a session; limits. `seconds` is the processor time used
    so far, `reason` why they were ended, if they were.
    """

    def __init__(self, process, limits):
        super().__init__(daemon=True)
        self.process, self.limits = process, limits
        self.seconds, self.reason, self.closed = 0.0, "", Event()
        self.seen = {}  # processor time of each process, when it was last seen
        self.rest()
        self.start()

    def allow(self, seconds):
        """From now on a candidate may compute for so many seconds."""
        self.allowed = seconds
        self.until = self.seconds + seconds, time.monotonic() + PATIENCE * seconds

    def rest(self):
        """Nothing is asked of the candidate; only what holds for the whole notebook counts."""
        self.until = math.inf, math.inf

    def run(self):
        while not self.closed.wait(EVERY):
            with contextlib.suppress(psutil.Error):  # one that is just ending
                if reason := self._excess(self._family()):
                    self.reason = reason
                    self.end()

    def end(self):
        """End all of them; behind walls they end with the first."""
        family = []
        with contextlib.suppress(psutil.Error):
            family = self._family()
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL) if os.name == "posix" else None
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.closed.set()

    def measure(self, family=None):
        """The processor time that all of them have used so far.

        Those that have ended count by what the system tells of them to whoever started them, and
        where that does not ask, by when they were last seen here.
        """
        times = {process: process.cpu_times() for process in family or self._family()}
        self.seen |= {process: t.user + t.system for process, t in times.items()}
        ended = sum(t.children_user + t.children_system for t in times.values())
        now = sum(self.seen[process] for process in times) + ended
        self.seconds = max(self.seconds, now, sum(self.seen.values()))
        return self.seconds

    def _family(self):
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def _excess(self, family):
        """What is too much, in words for the student; nothing if all is well."""
        limits = self.limits
        if len(family) > limits.processes:
            return f"it started more than {limits.processes} processes"
        if _takes_more(family, limits.memory):
            return f"it took more than {limits.memory / 2**30:.3g} GB of memory"
        self.measure(family)
        computing, waiting = self.until
        if self.seconds > limits.total:
            return "the time for the whole notebook is up"
        if self.seconds > computing:
            return f"it did not finish within {self.allowed:g} seconds: an endless loop?"
        if time.monotonic() > waiting:
            return f"it did not finish within {PATIENCE * self.allowed:g} seconds: does it wait?"
        return ""


def _takes_more(family, memory):
    """Whether they use more bytes; a page that several share counts once, if the system can tell.

    That takes the system a while, so it is asked only if they seem to.
    """
    return (sum(process.memory_info().rss for process in family) > memory
            and sum(map(_own_memory, family)) > memory)  # fmt: skip


def _own_memory(process):
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return process.memory_info().rss
    return getattr(full, "pss", full.uss)
