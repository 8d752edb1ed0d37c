"""What is wrong with a set-up, and how to mend it: a line for each check.

    python -m tools.doctor [CHECK …]

✓ is well, ✗ has to be mended, – limits only what the line says. This file imports the standard
library alone, and Python 3.8 can read it: packages, or the right Python, may be what is missing.
"""

import argparse
import locale
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
COURSE, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
WELL, BAD, LIMIT = "✓", "✗", "–"
SECONDS = 180  # for one program that a check starts
GIGABYTE = 10**9
SLIDERS = {  # extensions of JupyterLab, and the packages that bring them
    "@jupyter-widgets/jupyterlab-manager": "jupyterlab-widgets",
    "anywidget": "anywidget",
}
PROGRAMS = {"chromium": "chromium", "bubblewrap": "bwrap"}  # how `make` calls them, and a shell
ANEW = "delete the folder .venv, then `make lab`; on Windows, see Start in README.md"
MOVE = "move the course to a folder with ASCII letters only, or use Python 3.13 or newer; then "
KERNEL = """
import json
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3", startup_timeout=120)
asked = {"prefix": "__import__('sys').prefix"}
reply = client.execute("", user_expressions=asked, reply=True, timeout=60)
print(reply["content"]["user_expressions"]["prefix"]["data"]["text/plain"])
client.stop_channels()
manager.shutdown_kernel(now=True)
"""
TORCH = """
import torch, torchvision
torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
print(torch.__version__, "with torchvision", torchvision.__version__)
"""

Finding = namedtuple("Finding", "mark found mend")


def well(found):
    return Finding(WELL, found, "")


def bad(found, mend=""):
    return Finding(BAD, found, mend)


def limit(found, mend):
    return Finding(LIMIT, found, mend)


def check_python():
    """Python"""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    minors = [int(n) for n in re.findall(r'"Programming Language :: Python :: 3\.(\d+)"', text)]
    bits = 64 if sys.maxsize > 2**32 else 32
    machine = f"{platform.system()} {platform.machine()}"
    found = f"{platform.python_version()}, {bits} bits, {machine}"
    if machine == "Darwin x86_64":
        mend = "on Apple silicon, install Python for arm64; else use another computer"
        return bad(f"{found}: PyTorch is not made for it any more", mend)
    if bits == 32 or not (3, min(minors)) <= sys.version_info[:2] <= (3, max(minors)):
        wanted = f"Python 3.{min(minors)} to 3.{max(minors)}, 64 bits"
        return bad(found, f"install {wanted}; {ANEW}")
    return well(found)


def check_environment():
    """environment"""
    with_pip = find_spec("pip") if in_environment() else find_spec("ensurepip")
    mend = "" if with_pip else "install Python's venv (Debian: apt-get install python3-venv); "
    if in_environment():
        return well(sys.prefix) if with_pip else bad(f"no pip in {sys.prefix}", mend + ANEW)
    if not (ROOT / ".venv").exists():
        mend += "`make lab` makes .venv; on Windows, see Start in README.md"
        return bad(f"none here; this Python is {sys.executable}", mend)
    inside = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if ask("-c", "", program=str(inside))[0]:
        found = f"this Python, {sys.executable}, is not the one of .venv"
        return bad(found, f"ask again: {inside} -m tools.doctor")
    return bad("the Python of .venv does not start", ANEW)


def check_packages():
    """packages"""
    needed, others = differences(pins(COURSE)), differences(pins(DEVELOPMENT))
    if needed:
        return bad("; ".join(needed), how_to_install(COURSE))
    if others:
        found = f"enough for the chapters; tests, handouts and site need more: {'; '.join(others)}"
        return limit(found, how_to_install(DEVELOPMENT))
    return well(f"every one as pinned in {COURSE} and {DEVELOPMENT}")


def check_dshlib():
    """dshlib"""
    runs, words = ask("-c", "import dshlib; print(dshlib.__file__)", folder=NOTEBOOKS)
    if runs and Path(words).resolve().parent == ROOT / "dshlib":
        return well("notebooks import it from this folder")
    found = f"notebooks import another one, {words}" if runs else words
    encoding = getattr(locale, "getencoding", locale.getpreferredencoding)()
    if misreads_path(str(ROOT), sys.version_info, encoding):
        return bad(f"{found}; this Python reads the path {ROOT} wrongly", MOVE + ANEW)
    return bad(found, f"{this_python()} -m pip install --no-deps --editable .")


def check_torch():
    """PyTorch"""
    runs, words = ask("-c", TORCH)
    if runs:
        return well(words)
    if "DLL" in words:
        return bad(words, "install the Microsoft Visual C++ Redistributable, x64")
    return bad(words, f"{how_to_install()} --force-reinstall --no-deps")


def check_classroom():
    """classroom data"""
    runs, words = ask("-m", "dshlib.data", "classroom", folder=ROOT)
    return well(words.partition(", sha256")[0]) if runs else bad(words)


def check_full():
    """full data"""
    chosen = Path(os.environ.get("DSHLIB_DATA") or ROOT / "data").expanduser() / "full"
    for folder in (chosen, Path("/usr/share/datasets/fashion-mnist")):
        if len(list(folder.glob("*-ubyte.gz"))) == 4:
            return well(str(folder))
    found = "not here; only tests and full-scale experiments need it"
    return limit(found, f"{this_python()} -m dshlib.data full")


def check_kernel():
    """kernel"""
    runs, words = ask("-c", KERNEL, folder=NOTEBOOKS)
    if runs and words.strip("'\"") == sys.prefix.replace("\\", "\\\\"):
        return well("starts, with this Python")
    found = f"notebooks would run in {words}" if runs else f"does not start: {words}"
    elsewhere = os.environ.get("JUPYTER_PATH")
    install = f"{this_python()} -m ipykernel install --sys-prefix"
    return bad(found, f"unset JUPYTER_PATH, now {elsewhere}" if elsewhere else install)


def check_sliders():
    """sliders"""
    runs, words = ask("-m", "jupyterlab.labextensions", "list")
    found = []
    for extension, package in SLIDERS.items():
        line = " ".join([line for line in words.splitlines() if extension in line][:1])
        if "disabled" in line:
            mend = f"{this_python()} -m jupyter labextension enable {extension}"
            return bad(f"JupyterLab has {extension} disabled", mend)
        if "enabled OK" not in line:
            missing = f"JupyterLab does not have {extension}" if runs else words
            return bad(missing, f"{how_to_install()} --force-reinstall --no-deps {package}")
        found += line.split()[:2]
    return well(" ".join(found))


def check_machine():
    """machine"""
    free = shutil.disk_usage(ROOT).free / GIGABYTE
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = f"{cores} processors, {free:.0f} GB of disk free"
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIGABYTE
        found += f", {memory:.0f} GB of memory"
    wanted = 6 if differences(pins(COURSE)) else 1
    if free < wanted:
        return bad(found, f"free {wanted} GB in {ROOT}")
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    if threads.isdigit() and int(threads) > cores:
        found += f"; OMP_NUM_THREADS is {threads}, more than processors: slow"
        return limit(found, "unset OMP_NUM_THREADS")
    return well(found)


def check_folder():
    """folder"""
    for folder in (ROOT, NOTEBOOKS):
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            mend = "move the course to a folder of your own, then make .venv anew"
            return bad(f"cannot write in {folder}: {error.strerror}", mend)
    return well(f"{ROOT} can be written")


def check_programs():
    """programs"""
    paths = {name: shutil.which(program) for name, program in PROGRAMS.items()}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        found = f"not here: {', '.join(missing)}; only tests and `make grade` need them"
        return limit(found, f"`make {' '.join(missing)}`")
    return well(", ".join(paths.values()))


CHECKS = {
    name[len("check_") :]: value
    for name, value in list(globals().items())
    if name.startswith("check_")
}


def misreads_path(path, version, encoding):
    """Whether Python fails to find an editable install in `path`, given the system's encoding.

    Pip writes the path to a .pth file in UTF-8. Before 3.12.4 Python reads that in the system's
    encoding, cp1252 for example on Windows, and neither -X utf8 nor PYTHONUTF8 changes it.
    """
    if version >= (3, 12, 4):
        return False
    try:
        return path.encode("utf-8").decode(encoding) != path
    except UnicodeDecodeError:
        return True


def in_environment():
    return sys.prefix != sys.base_prefix or Path(sys.prefix, "conda-meta").is_dir()


def this_python():
    """How to call this Python in a terminal that is in the folder of the course."""
    path = sys.executable
    return os.path.relpath(path, ROOT) if path.startswith(str(ROOT) + os.sep) else path


def how_to_install(name=COURSE):
    if in_environment():
        return f"{this_python()} -m pip install -r {name}"
    return "mend the environment first"


def pins(name):
    """The dictionary {package: version} that a file of requirements holds."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)==(\S+)", text, re.MULTILINE))


def differences(pins):
    """A few words for each package of another version than its pin, and for those missing."""
    missing, others = [], []
    for name, pinned in pins.items():
        try:
            found = version(name).partition("+")[0]  # torch is 2.14.1+cpu from PyTorch's own index
            others += [] if found == pinned else [f"{name} is {found}, not {pinned}"]
        except PackageNotFoundError:
            missing.append(name)
    return others + ([f"missing: {', '.join(missing)}"] if missing else [])


def ask(*arguments, folder=ROOT, program=sys.executable):
    """Run Python in a folder: whether it ended well, and what it said, of a traceback the end."""
    try:
        done = subprocess.run(
            [program, *arguments], cwd=str(folder), capture_output=True, timeout=SECONDS,
            encoding="utf-8", errors="replace", env=dict(os.environ, PYTHONIOENCODING="utf-8"),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False, f"no answer within {SECONDS} seconds"
    except OSError as error:
        return False, str(error)
    if done.returncode == 0:
        return True, re.sub(r"\x1b\[\d+m", "", done.stdout.strip() or done.stderr.strip())
    lines = done.stderr.strip().splitlines() or [f"ended by signal {-done.returncode}"]
    return False, lines[-1] if "Traceback (most recent call last):" in lines else "\n".join(lines)


def examine(check):
    """The Finding of one check, even where the check itself fails."""
    try:
        finding = check()
    except Exception as error:  # a doctor never falls ill
        return bad(f"cannot be checked: {type(error).__name__}: {error}")
    if re.search("ModuleNotFoundError(?!.*'dshlib')", finding.found):
        return finding._replace(mend="mend the packages first")
    return finding


def main(arguments=None):
    sys.stdout.reconfigure(encoding="utf-8")
    parser = argparse.ArgumentParser(prog="python -m tools.doctor", description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    names = parser.parse_args(arguments).checks
    if unknown := set(names) - set(CHECKS):
        sys.exit(f"Checks {sorted(unknown)} are unknown; there are: {', '.join(CHECKS)}")
    marks = []
    for name in names or CHECKS:
        mark, found, mend = examine(CHECKS[name])
        print(f"{mark} {CHECKS[name].__doc__ + ':':<16}{found}", flush=True)
        if mend:
            print(f"    → {mend}", flush=True)
        marks.append(mark)
    sys.exit(BAD in marks)


if __name__ == "__main__":
    main()
