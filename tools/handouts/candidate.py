"""What runs in the sandbox: the student's cells, and their functions when the examiner calls them.

A copy of this file and of messages.py starts there as
`python candidate.py SECONDS BYTES PROCESSES`. No test ever comes here, only arguments; so there is
none to read, and no verdict to forge.
"""

import contextlib
import io
import json
import os
import sys

import messages
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

IGNORED = ("matplotlib", "pip", "conda", "mamba", "micromamba", "uv")  # magics without a use here


def main(seconds, memory, processes):
    requests, replies = take_over_the_wire()
    limit(int(seconds), int(memory), int(processes))
    candidate = Candidate(requests, replies)
    for request in requests:
        candidate.answer(json.loads(request))


def take_over_the_wire():
    """Move stdin and stdout, which carry the messages, out of the way of the student's cells."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return requests, replies


def limit(seconds, memory, processes):
    """Limits that the system enforces, where it can; Windows has none of them.

    DATA is memory that was asked for; AS would count what is only mapped, which stops torch. NPROC
    counts behind walls alone, elsewhere all that the teacher runs; and nobody stops root.
    """
    try:
        import resource
    except ImportError:
        return
    wanted = {"CPU": seconds, "DATA": memory, "FSIZE": 2**26, "CORE": 0}
    wanted |= {"NPROC": processes} if processes else {}
    for name, most in wanted.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


class Shell(InteractiveShell):
    """A shell without a screen: what would draw or install is passed over, nothing is shown."""

    def run_line_magic(self, magic_name, line, _stack_depth=1):
        with contextlib.suppress(UsageError, ImportError):  # unknown here: no loss
            if magic_name not in IGNORED:
                return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def showtraceback(self, *_, **__):
        """The error travels in the reply."""

    showsyntaxerror = showtraceback

    def enable_gui(self, gui=None):
        """There is none."""

    def _tee(self, channel):
        """IPython keeps all that is printed in its history, however much it is; we do not."""
        return contextlib.nullcontext()


class Printed(io.StringIO):
    """What a cell prints, as far as it is kept; what follows is dropped at once."""

    def write(self, text):
        super().write(text[: max(messages.MOST_PRINTED - self.tell(), 0)])
        return len(text)


class Candidate:
    """A shell with the student's notebook in it, and the objects that the examiner refers to."""

    def __init__(self, requests, replies):
        self.requests, self.replies, self.kept = requests, replies, []
        self.shell = Shell.instance()

    def answer(self, request):
        """Do what one request asks and send what came of it."""
        try:
            if "run" in request:
                reply = self.run(request["run"])
            elif "get" in request:
                reply = self.get(request["get"])
            else:
                reply = self.call(**request)
            raw = messages.line(reply)
        except BaseException as error:  # SystemExit as well: only a mark is lost
            raw = messages.line({"error": _as_text(error)})
        self.send(raw)

    def run(self, source):
        """Run a cell: what it printed, and how it failed, if it did."""
        printed = Printed()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = self.shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        return {"printed": printed.getvalue(), "error": error and _as_text(error)}

    def get(self, name):
        if name not in self.shell.user_ns:
            return {"missing": name}
        return {"value": messages.pack(self.shell.user_ns[name], self.keep)}

    def call(self, call, method, args, kwargs, back):
        """Call an object kept here, or a method of it; back: send the arrays as they are then."""
        target = getattr(self.kept[call], method) if method else self.kept[call]
        given, named = (messages.unpack(part, self.stand_in) for part in (args, kwargs))
        reply = {"value": messages.pack(target(*given, **named), self.keep)}
        if back:
            reply["back"] = messages.pack(given, self.keep)
        return reply

    def stand_in(self, number):
        """A function of the examiner, called over the wire; an object of ours, as it is."""
        if number >= 0:
            return self.kept[number]

        def ask(*args, **kwargs):
            packed = [messages.pack(part, self.keep) for part in (args, kwargs)]
            self.send(messages.line({"ask": number, "args": packed[0], "kwargs": packed[1]}))
            reply = json.loads(self.requests.readline())
            if "error" in reply:
                raise ValueError(reply["error"])
            return messages.unpack(reply["value"], self.stand_in)

        return ask

    def keep(self, thing):
        self.kept.append(thing)
        return len(self.kept) - 1

    def send(self, raw):
        self.replies.write(raw)
        self.replies.flush()


def _as_text(error):
    text = f"{error.msg}, line {error.lineno}" if isinstance(error, SyntaxError) else str(error)
    return {"kind": type(error).__name__, "text": text[:500]}


if __name__ == "__main__":
    main(*sys.argv[1:])
