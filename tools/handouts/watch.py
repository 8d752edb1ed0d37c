"""Limits on all processes of a candidate together; the system itself only limits each alone."""

import contextlib
import math
import os
import signal
import time
from pathlib import Path
from threading import Event, Thread

import psutil

EVERY = 0.1  # seconds between two looks
PATIENCE = 10  # seconds by the clock for one of processor time, for what sleeps or has to share


class Watch(Thread):
    """Looks at a process and all that it started, and ends them when a limit is passed.

    Parameters: process, a Popen that leads a session; limits; with_walls. `seconds` is the
    processor time used so far, `reason` why they were ended, if they were.
    """

    def __init__(self, process, limits, with_walls):
        super().__init__(daemon=True)
        self.process, self.limits, self.with_walls = process, limits, with_walls
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
            if reason := self._excess(self._family()):
                self.reason = reason
                self.end()

    def end(self):
        """End all of them, at once: behind walls they all end with the first."""
        family = [] if self.with_walls else self._family()
        self.process.kill()
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        _each(family, psutil.Process.kill)
        self.closed.set()

    def measure(self, family=None):
        """The processor time that all of them have used so far.

        Those that have ended count by what the system tells of them to whoever started them, and
        where that does not ask, by when they were last seen here.
        """
        times = _each(family or self._family(), psutil.Process.cpu_times)
        self.seen |= {process: t.user + t.system for process, t in times.items()}
        ended = sum(t.children_user + t.children_system for t in times.values())
        now = sum(self.seen[process] for process in times) + ended
        self.seconds = max(self.seconds, now, sum(self.seen.values()))
        return self.seconds

    def _family(self):
        """The process and all that it started: of too many the first, or they would outrun us."""
        family = list(_each([self.process.pid], psutil.Process).values())
        for process in family:  # which grows on the way
            if len(family) <= self.limits.processes:
                for children in _each([process], _children).values():
                    family += children
        return family

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


def _each(family, ask):
    """{process: what it is asked for}, without those that have just ended."""
    answers = {}
    for process in family:
        with contextlib.suppress(psutil.Error, OSError):
            answers[process] = ask(process)
    return answers


def _children(process):
    """Without a look at all processes of the machine, where Linux lists children."""
    lists = list(Path(f"/proc/{process.pid}/task").glob("*/children"))
    if not lists:
        return process.children()
    numbers = [int(number) for path in lists for number in path.read_text().split()]
    return _each(numbers, psutil.Process).values()


def _takes_more(family, memory):
    """Whether they use more bytes; a page that several share counts once, if the system can tell.

    That takes the system a while, so it is asked only if they seem to.
    """
    seem = sum(info.rss for info in _each(family, psutil.Process.memory_info).values())
    return seem > memory and sum(_each(family, _own_memory).values()) > memory


def _own_memory(process):
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        return process.memory_info().rss
    return getattr(full, "pss", full.uss)
