"""Which versions of Python the pins of both requirements files allow, and whether we claim so.

    python -m tools.pythons [--run]

asks pip for a wheel of every pin, for each version of Python from 3.11 upward and for each system,
until one refuses a pin, and compares with pyproject.toml, README.md and the README of the handouts.
What the pins need in turn is not asked, because pip judges markers by the Python that runs it.
`--run` proves it: installs everything with each allowed Python found on this machine, and runs some
quick tests.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from shutil import which

from dshlib.console import any_character

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
OLDEST = 11  # of 3.11, the first version the code is written for
MANYLINUX = ["manylinux1", "manylinux2014", *(f"manylinux_2_{glibc}" for glibc in range(5, 29))]
PLATFORMS = {
    "Linux, Intel or AMD": [f"{name}_x86_64" for name in MANYLINUX],
    "Linux, ARM": [f"{name}_aarch64" for name in MANYLINUX],
    "macOS, Apple silicon": ["macosx_14_0_arm64"],
    "macOS, Intel": ["macosx_14_0_x86_64"],
    "Windows": ["win_amd64"],
}
REFUSAL = re.compile(r"(?:No matching distribution found for|Cannot install) (\S+)")
TEXTS = ("README.md", "tools/handouts/build.py")  # the latter has the README of the handouts
QUICK = [f"tests/core/test_{name}.py" for name in ("codes", "lsh", "metrics", "data", "loss")]


class PipError(RuntimeError):
    """Pip could not answer, for a reason that is not the pins'."""


def pins(root):
    """The lines name==version of the requirements files."""
    text = "\n".join((root / name).read_text("utf-8") for name in REQUIREMENTS)
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def refused(minor, platform, wanted):
    """Those of the pins `wanted` that have no wheel for Python 3.`minor` on a key of PLATFORMS."""
    missing, rest = [], list(wanted)
    while rest and (pin := _first_refused(minor, platform, rest)):
        missing.append(pin)
        rest.remove(pin)
    return missing


def _first_refused(minor, platform, wanted):
    """The pin at which pip stops, None if it would install them all; dependencies left aside."""
    with tempfile.TemporaryDirectory() as folder:
        tags = [word for tag in PLATFORMS[platform] for word in ("--platform", tag)]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps",
             "--only-binary=:all:", "--implementation=cp", f"--python-version=3.{minor}", *tags,
             f"--target={folder}", "--disable-pip-version-check", "--quiet", *wanted],
            capture_output=True, text=True,
        )  # fmt: skip
    stopped = REFUSAL.findall(done.stderr)
    if done.returncode and ("connection broken" in done.stderr or not set(stopped) & set(wanted)):
        raise PipError(done.stderr.strip())
    return stopped[0] if stopped else None


def answers(wanted, platforms):
    """Yield (minor, {platform: pins refused}), ending with the first version that one refuses.

    A platform that refuses even the oldest version is asked that once.
    """
    for minor in count(OLDEST):
        found = {platform: refused(minor, platform, wanted) for platform in platforms}
        yield minor, found
        if minor == OLDEST:
            platforms = [platform for platform in platforms if not found[platform]]
        if not platforms or any(found[platform] for platform in platforms):
            return


def claims(root):
    """What is said of Python 3: {where: [oldest, …, newest minor version]}."""
    project = (root / "pyproject.toml").read_text("utf-8")
    classifiers = re.findall(r'"Programming Language :: Python :: 3\.(\d+)"', project)
    requires = re.findall(r'^requires-python = ">=3\.(\d+)"', project, re.MULTILINE)
    return {
        "requires-python": [int(minor) for minor in requires],
        "classifiers": [int(minor) for minor in classifiers],
        **{name: _range_in((root / name).read_text("utf-8")) for name in TEXTS},
    }


def _range_in(text):
    """The minor versions of the one range that a text states, none if it states none."""
    (ends,) = re.findall(r"Python 3\.(\d+) to 3\.(\d+)", text) or [(1, 0)]
    return list(range(int(ends[0]), int(ends[1]) + 1))


def untrue(said, allowed):
    """A line for each of the claims that does not fit the minor versions `allowed`."""
    right = {"requires-python": allowed[:1]}
    return [
        f"{where} says {_listed(versions)}, the pins allow {_listed(right.get(where, allowed))}"
        for where, versions in said.items()
        if versions != right.get(where, allowed)
    ]


def _listed(minors):
    return ", ".join(f"3.{minor}" for minor in minors) or "nothing"


def interpreters(minors):
    """{minor: path} of those versions of Python that are installed here, by name or by pyenv."""
    root = (
        which("pyenv") and subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout
    )
    found = {}
    for minor in minors:
        by_pyenv = Path(root.strip()).glob(f"versions/3.{minor}.*/bin/python") if root else ()
        for path in [which(f"python3.{minor}"), *map(str, by_pyenv)]:
            if path and _is(path, minor):
                found[minor] = path
    return found


def _is(path, minor):
    """Whether this program is Python 3.`minor`; what only looks like one does not start."""
    code = "import sys; print(sys.version_info[:2])"
    done = subprocess.run([path, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() == f"(3, {minor})"


def run(python, folder):
    """Install the pins and the package anew in `folder`, run the QUICK tests; 0 if all is well."""
    inside = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [python, "-m", "venv", folder],
        *([*pip, "-r", ROOT / name] for name in REQUIREMENTS),
        [*pip, "--no-deps", "--editable", ROOT],
        [inside, "-m", "pip", "check"],
        [inside, "-m", "pytest", "-p", "no:cacheprovider", *QUICK],
    ):
        if code := subprocess.run(command, cwd=ROOT).returncode:
            return code
    return 0


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.pythons", description=__doc__)
    parser.add_argument("--run", action="store_true", help="install and test, 6 GB at a time")
    options = parser.parse_args(arguments)
    asked = []
    for minor, found in answers(pins(ROOT), list(PLATFORMS)):
        for platform, missing in found.items():
            print(f"Python 3.{minor}  {platform:<21}{', '.join(missing) or 'ok'}", flush=True)
        asked.append(minor)
    allowed = asked[:-1]  # the last was refused
    failures = untrue(claims(ROOT), allowed)
    for minor, python in interpreters(allowed).items() if options.run else ():
        print(f"Python 3.{minor}: {python}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            if code := run(python, Path(folder) / "venv"):
                failures.append(f"Python 3.{minor} ended with exit code {code}")
    sys.exit("\n".join(failures) or 0)


if __name__ == "__main__":
    main()
