"""Work shared out among processes. One that dies costs its own task and no other."""

import contextlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import wait

# Forking is quick, but only safe on Linux.
CONTEXT = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


class Worker:
    """A process that makes its tools once and then answers one task after the other."""

    def __init__(self, make, arguments):
        self.pipe, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_serve, args=(theirs, make, arguments))
        self.process.start()
        theirs.close()
        self.task = None

    def give(self, task):
        self.task = task
        with contextlib.suppress(OSError):  # it died: take() will say so
            self.pipe.send(task)

    def take(self):
        """The answer; None if the process is no more."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return None

    def end(self):
        """Ask the process to clean up and end, and wait until it has."""
        self.process.terminate()
        self.pipe.close()
        self.process.join(20)
        self.process.kill()
        self.process.join()


def _serve(pipe, make, arguments):
    ended, parent = [], os.getppid()

    def end(*_):
        if not ended:  # a second signal must not disturb the cleaning up
            ended.append(True)
            raise SystemExit

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides
    signal.signal(signal.SIGTERM, end)
    with make(*arguments) as work:
        while True:
            while not pipe.poll(5):
                if os.getppid() != parent:  # it was killed, and told nobody
                    return
            try:
                task = pipe.recv()
            except EOFError:
                return
            answer = work(task)
            if ended:  # nbgrader catches everything, the end as well
                return
            pipe.send(answer)


def share(tasks, jobs, make, arguments=()):
    """Yield (task, answer) as they come; the answer is None if the process died over it.

    Parameters: make, a context manager that gives the function to call with a task, entered in each
    process. When the generator is closed, by Ctrl-C too, the processes end.
    """
    waiting, busy = list(reversed(tasks)), []
    try:
        for _ in range(min(jobs, len(tasks))):
            busy.append(Worker(make, arguments))
            busy[-1].give(waiting.pop())
        while busy:
            ready = wait([worker.pipe for worker in busy])
            for worker in [worker for worker in busy if worker.pipe in ready]:
                task, answer = worker.task, worker.take()
                busy.remove(worker)
                if answer is None:
                    worker.end()
                    worker = Worker(make, arguments) if waiting else worker
                if waiting:
                    busy.append(worker)
                    worker.give(waiting.pop())
                elif answer is not None:
                    worker.end()
                yield task, answer
    finally:
        for worker in busy:
            worker.process.terminate()  # all at once, then wait for each
        for worker in busy:
            worker.end()
