"""The course as a zip: chapters without outputs, a wheel of both packages with the classroom split
in it, the list of what they need, and how to start.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.chapters import EXPLORER, PAGES, ROOT
from tools.copies import without_outputs

TOP = "hashing-course"  # all lies in a folder of this name
STARTED = ROOT / "publish" / "site" / "start.md"
UV = Path(sys.executable).with_name("uv")


def write_zip(path):
    """Write the course into a zip file. Raises CalledProcessError if the wheel cannot be built."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w") as course:
        wheel = build_wheel(folder)
        course.write(wheel, f"{TOP}/{wheel.name}")  # is compressed already
        for notebook in [*PAGES, EXPLORER]:
            _write(course, f"chapters/{notebook.name}", without_outputs(notebook))
        needed = (ROOT / "requirements.txt").read_text(encoding="utf-8")
        _write(course, "requirements.txt", f"{needed}\n# The course itself\n./{wheel.name}\n")
        _write(course, "README.md", STARTED.read_text(encoding="utf-8"))
        _write(course, "LICENSE", (ROOT / "LICENSE").read_text(encoding="utf-8"))


def _write(course, name, text):
    course.writestr(f"{TOP}/{name}", text, zipfile.ZIP_DEFLATED)


def build_wheel(folder):
    """Build the wheel of dshlib and dshcourse into a folder; return its path."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    uv = [UV, "build", "--quiet", "--wheel", "--out-dir"]
    subprocess.run([*(uv if UV.exists() else pip), folder, ROOT], check=True)
    (wheel,) = Path(folder).glob("*.whl")
    return wheel
