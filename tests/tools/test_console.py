"""Command lines and checks on a terminal, or into a file, whose encoding lacks characters."""

import os
import subprocess
import sys

from tools.chapters import ROOT

NOT_FOR_PEOPLE = "tools/handouts/candidate.py"  # the sandbox starts it; its stdout carries messages
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("data", "dshlib", "dshcourse", "publish", "tools")
    for path in (ROOT / folder).rglob("*.py")
}
COMMANDS = [
    name
    for name, text in SOURCES.items()
    if ('__name__ == "__main__"' in text or name.endswith("__main__.py")) and name != NOT_FOR_PEOPLE
]
HELP = """
import runpy, sys
for name in sys.argv[1:]:
    sys.argv = [name, "--help"]
    module = name.removesuffix(".py").removesuffix("/__main__").replace("/", ".")
    try:
        if name.startswith("data/"):
            runpy.run_path(name, run_name="__main__")
        else:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        ended = "no exit"
    except SystemExit as error:
        ended = error.code
    except Exception as error:
        ended = repr(error)
    print(f"\\n{name} ended: {ended}")
"""
CHECKS = """
import sys
from dshcourse.exercises import check
check("number_of_codes", lambda k: 2**k)
check("number_of_codes", lambda k: "α")
print(sys.stdout.errors)
"""


def output(code, *arguments):
    """What Python prints where stdout has the encoding of Windows."""
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, env=environment,
                          capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr.decode("cp1252")
    return done.stdout.decode("cp1252")


def test_every_command_line_prints_its_help_in_the_encoding_of_windows():
    assert len(COMMANDS) >= 14
    printed = output(HELP, *COMMANDS)
    assert [name for name in COMMANDS if f"\n{name} ended: 0" not in printed] == [], printed
    assert printed.count("usage: ") == len(COMMANDS)
    assert r"grids of settings \N{RIGHTWARDS ARROW} records" in printed


def test_checks_print_by_name_what_the_encoding_lacks_and_leave_stdout_as_it_was():
    right, wrong, errors = output(CHECKS).splitlines()
    assert right == r"\N{CHECK MARK} correct"
    assert wrong.startswith(r"\N{BALLOT X} it gives '\N{GREEK SMALL LETTER ALPHA}'")
    assert errors == "strict"
