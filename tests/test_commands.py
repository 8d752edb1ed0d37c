"""The commands of tools and of the Makefile: what they do, or say, where something was left out."""

import re
import subprocess
import sys

from tools import site, slides
from tools.chapters import CHAPTERS, ROOT


def test_chapters_and_sliders_are_looked_for_in_one_place_only():
    written = {path: path.read_text(encoding="utf-8") for path in ROOT.glob("tools/**/*.py")}
    for pattern in (r'glob\("\*\.ipynb"\)', r"widget-view\+json", r"[n^]explore\\?\("):
        places = [path.name for path, text in written.items() if re.search(pattern, text)]
        assert places == ["chapters.py"], pattern
    assert slides.CHAPTERS is site.CHAPTERS is CHAPTERS


def test_site_and_slides_start_without_playwright():
    code = "import sys, tools.site, tools.slides; print('playwright' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
