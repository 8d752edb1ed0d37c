"""What runs in the sandbox: the student's cells, and their functions when the examiner calls them.

A copy of this file and of messages.py starts there as `python candidate.py SECONDS BYTES`. No test
ever comes here, only arguments; so there is none to read, and no verdict to forge.
"""

import contextlib
import io
import json
import os
import sys

import messages

MOST_PRINTED = 5000  # characters of a cell


def main(seconds, memory):
    requests, replies = take_over_the_wire()
    limit(int(seconds), int(memory))
    candidate = Candidate(requests, replies)
    for request in requests:
        candidate.answer(json.loads(request))


def take_over_the_wire():
    """Move stdin and stdout, which carry the messages, out of the way of the student's cells."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return requests, replies


def limit(seconds, memory):
    """Limits that the system enforces, where it can; Windows has none of them."""
    try:
        import resource
    except ImportError:
        return
    wanted = {"CPU": seconds, "AS": memory, "FSIZE": 2**26, "CORE": 0}
    for name, most in wanted.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


class Candidate:
    """A shell with the student's notebook in it, and the objects that the examiner refers to."""

    def __init__(self, requests, replies):
        from IPython.core.interactiveshell import InteractiveShell

        self.requests, self.replies, self.kept = requests, replies, []
        self.shell = InteractiveShell.instance()
        self.shell.showtraceback = self.shell.showsyntaxerror = lambda *_, **__: None

    def answer(self, request):
        """Do what one request asks and send what came of it."""
        if "run" in request:
            reply = self.run(request["run"])
        elif "get" in request:
            reply = self.get(request["get"])
        else:
            reply = self.call(**request)
        self.send(reply)

    def run(self, source):
        """Run a cell: what it printed, and how it failed, if it did."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = self.shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        return {"printed": printed.getvalue()[:MOST_PRINTED], "error": error and _as_text(error)}

    def get(self, name):
        if name not in self.shell.user_ns:
            return {"missing": name}
        return {"value": messages.pack(self.shell.user_ns[name], self.keep)}

    def call(self, call, method, args, kwargs):
        """Call an object kept here, or a method of it."""
        try:
            target = getattr(self.kept[call], method) if method else self.kept[call]
            given, named = (messages.unpack(part, self.stand_in) for part in (args, kwargs))
            reply = {"value": messages.pack(target(*given, **named), self.keep)}
            after = [messages.pack_array(part) for part in given]
            if any(new and new != old for new, old in zip(after, args["tuple"], strict=True)):
                reply["changed"] = after  # the examiner's arrays change too, as at home
            return reply
        except BaseException as error:  # SystemExit as well: only a mark is lost
            return {"error": _as_text(error)}

    def stand_in(self, number, _type):
        """A function of the examiner, called over the wire; an object of ours, as it is."""
        if number >= 0:
            return self.kept[number]

        def ask(*args, **kwargs):
            packed = [messages.pack(part, self.keep) for part in (args, kwargs)]
            self.send({"ask": number, "args": packed[0], "kwargs": packed[1]})
            reply = json.loads(self.requests.readline())
            if "error" in reply:
                raise ValueError(reply["error"])
            return messages.unpack(reply["value"], self.stand_in)

        return ask

    def keep(self, thing):
        self.kept.append(thing)
        return len(self.kept) - 1

    def send(self, message):
        self.replies.write(messages.line(message))


def _as_text(error):
    text = f"{error.msg}, line {error.lineno}" if isinstance(error, SyntaxError) else str(error)
    return {"kind": type(error).__name__, "text": text[:500]}


if __name__ == "__main__":
    main(*sys.argv[1:])
