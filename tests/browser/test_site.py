"""The site, built once with warnings as errors, and read in Chromium without any other machine.

Building it takes minutes, so what needs the whole site is not for every day.
"""

import html
import importlib
import pkgutil
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import nbformat
import pytest
from bs4 import BeautifulSoup

import dshcourse
import dshlib
from tools.browser import Complaints
from tools.chapters import CHAPTERS, PAGES, ROOT, calls_explore

AXE = ROOT / "publish" / "node_modules" / "axe-core" / "axe.min.js"
MODULES = [
    module.name
    for package in (dshlib, dshcourse)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]
IN_WORDS = """frame => [...frame.querySelectorAll('img, [aria-label]')]
  .map(part => part.alt || part.ariaLabel).join(' ') + frame.innerText"""
NUMBERS = re.compile(r"[\d.]+")
READY = """async () => {
  await window.MathJax?.startup?.promise;
  await Promise.all([...document.images].filter(i => i.checkVisibility()).map(i => {
    i.loading = 'eager';
    return i.decode();
  }));
}"""
# Code is coloured alike on all pages, and formulas are drawn in the colour of the text around them.
FINDINGS = """async whole => {
  const context = { exclude: whole ? [] : ['.highlight pre', 'mjx-container'] };
  const { violations } = await axe.run(context, { resultTypes: ['violations'], preload: false });
  return violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => `${v.id}: ${v.nodes.map(node => node.html.slice(0, 150)).slice(0, 3).join(' | ')}`);
}"""
NUMBER = """id => document.getElementById(id).querySelector('mjx-assistive-mml mlabeledtr > mtd')
  .textContent.trim()"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "site"
    done = subprocess.run([sys.executable, "-m", "publish.build_site", folder], cwd=ROOT,
                          capture_output=True, text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture
def still(chromium):
    """A page on which no script runs: what it can do it does without them."""
    with chromium.new_context(java_script_enabled=False) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def served(site):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def pages(site):
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return [name for name in names if not name.startswith("_")]


def page_of(chapter):
    return f"notebooks/{chapter.stem}.html"


def open_page(page, address):
    page.goto(address)
    page.evaluate(READY)


@pytest.mark.slow
def test_every_page_is_silent_accessible_and_right_in_its_formulas(site, served, page):
    complaints, findings = Complaints(page), {}
    for name in pages(site):
        open_page(page, f"{served}/{name}")
        page.add_script_tag(path=AXE)
        found = page.evaluate(FINDINGS, name == page_of(PAGES[0]))
        found += page.locator("mjx-merror, [data-mjx-error]").all_inner_texts()
        found += re.findall(r"\\\(.*", page.locator("main").first.inner_text())
        if found:
            findings[name] = found
    assert findings == {}
    assert complaints.console == complaints.errors == complaints.outside == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["index.html", "api/dshlib.codes.html", "search.html?q=Hamming"])
def test_dark_pages_are_accessible_too(name, served, chromium):
    with chromium.new_context(color_scheme="dark", reduced_motion="reduce") as context:
        page = context.new_page()
        open_page(page, f"{served}/{name}")
        page.add_script_tag(path=AXE)
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate(FINDINGS, True) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["index.html", page_of(PAGES[8]), "search.html?q=Hamming"])
def test_pages_work_from_a_file_without_any_server(name, site, page, complaints):
    open_page(page, f"{site.as_uri()}/{name}")
    assert page.title()
    if "search" in name:
        page.locator("#search-results li").first.wait_for()
    assert complaints.console == complaints.errors == complaints.outside == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["index.html", "api/dshlib.metrics.html", *map(page_of, PAGES)])
def test_page_is_no_wider_than_a_phone(name, served, chromium):
    with chromium.new_context(viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        open_page(page, f"{served}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.slow
@pytest.mark.parametrize("chapter", PAGES, ids=lambda path: path.stem)
def test_every_picture_of_a_chapter_keeps_its_alt_text(chapter, site):
    page = BeautifulSoup((site / page_of(chapter)).read_text(encoding="utf-8"), "html.parser")
    for picture in page.select("img"):
        described = picture.find_parent("label") or picture.find_parent(role=["img", "group"])
        assert described or len(picture["alt"]) >= 20
        assert picture["src"].startswith("data:" if described else "../_static/pic")
    for demo in page.select(".sliders"):
        demo.decompose()
    outputs = [output.get("data", {}) for cell in nbformat.read(chapter, as_version=4).cells
               for output in cell.get("outputs", [])]  # fmt: skip
    figures = [picture["alt"] for picture in page.select("img")
               if not picture.find_parent(role=["img", "group"])]  # fmt: skip
    assert figures == [data["text/plain"] for data in outputs if "image/png" in data]
    strips = " ".join(strip["aria-label"] for strip in page.select("figure[role=img]"))
    shown = [data for data in outputs if '<figure role="img"' in data.get("text/html", "")]
    assert strips == " ".join(data["text/plain"] for data in shown)


@pytest.mark.slow
def test_search_finds_the_chapter_of_a_word(served, page):
    open_page(page, f"{served}/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("Hamming")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li")
    results.first.wait_for()
    page.wait_for_function("document.body.innerText.includes('Search finished')")
    assert any("02 · Codes and distances" in text for text in results.all_inner_texts())


@pytest.mark.slow
def test_previous_and_next_walk_all_chapters_in_order(served, still):
    still.goto(f"{served}/{page_of(PAGES[0])}")
    for before, chapter in pairwise(PAGES):
        still.locator(".right-next").click()
        assert still.url.endswith(page_of(chapter))
        back = still.locator(".left-prev").get_attribute("href")
        assert back.endswith(page_of(before).rpartition("/")[2])


@pytest.mark.slow
def test_download_button_gives_the_notebook_byte_for_byte(served, still):
    for chapter in PAGES:
        still.goto(f"{served}/{page_of(chapter)}")
        with still.expect_download() as started:
            still.get_by_role("link", name="Download this notebook").click()
        assert started.value.suggested_filename == chapter.name
        assert started.value.path().read_bytes() == chapter.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_sliders_without_a_kernel_show_the_demo_of_the_chapter_by_keyboard(chapter, served, still):
    cells = nbformat.read(chapter, as_version=4).cells
    explored = [i for i, cell in enumerate(cells) if calls_explore(cell)]
    still.goto(f"{served}/{page_of(chapter)}")
    demos = still.locator(".sliders").all()
    assert len(demos) == len(explored) > 0
    for number, demo in enumerate(demos):
        assert "make lab" in demo.inner_text()
        for place, part in enumerate(demo.locator("details").all()):
            if place:
                part.locator("summary").press("Enter")
            buttons, frame = part.get_by_role("radio"), part.locator(".frame:visible")
            seen = [frame.evaluate(IN_WORDS)]
            if not place and "data-choice" not in frame.inner_html():  # else it is a page
                before = [cell for cell in cells[: explored[number]] if cell.get("outputs")]
                stored = before[-1].outputs[0].data["text/plain"]
                assert NUMBERS.sub("", seen[0])[:30] == NUMBERS.sub("", stored)[:30]
            for _ in range(buttons.count()):
                part.locator("input:checked").press("ArrowRight")
                assert frame.count() == 1
                seen.append(frame.evaluate(IN_WORDS))
            assert seen[-1] == seen[0]
            assert len(set(seen)) > buttons.count() / 2, part.inner_text()


@pytest.mark.slow
@pytest.mark.parametrize(("chapter", "numbers"), [(7, (1, 2)), (8, (3, 4, 5, 6, 7))])
def test_equations_have_the_numbers_of_the_slides_and_are_linked(chapter, numbers, served, page):
    open_page(page, f"{served}/{page_of(PAGES[chapter])}")
    for number in numbers:
        assert page.evaluate(NUMBER, f"equation-{number}") == f"({number})"
        assert page.locator(f"a[href$='#equation-{number}']").count() > 0


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_module_has_a_page_with_its_docstring_and_its_public_names(module, site):
    text = (site / "api" / f"{module}.html").read_text(encoding="utf-8")
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())
    loaded = importlib.import_module(module)
    assert loaded.__doc__.partition("\n")[0].replace("`", "") in words
    if not hasattr(loaded, "__path__"):
        for name, value in vars(loaded).items():
            own = getattr(value, "__module__", None) == module and callable(value)
            if own and value.__doc__ and not name.startswith("_"):
                assert f'id="{module}.{name}"' in text


@pytest.mark.slow
def test_pages_for_teachers_are_not_in_the_search(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "assignments" not in index
    assert not list(site.rglob("guide.html"))
