"""The site, built once with warnings as errors, and read in Chromium without any other machine.

Building it takes minutes, so what needs the whole site is not for every day; the front page is.
"""

import html
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise

import nbformat
import pytest
from bs4 import BeautifulSoup
from folder_server import serving

import dshcourse
import dshlib
from publish import build_site
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
# Parts that scripts fill, and what is there once they have.
FILLED = {".explorer": ".explorer[data-ready]", ".diagram": ".diagram p[aria-live]"}
TWICE = "image => image.naturalWidth >= 2 * image.getAttribute('width') - 1"
NUMBER = """id => document.getElementById(id).querySelector('mjx-assistive-mml mlabeledtr > mtd')
  .textContent.trim()"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published") / "site"
    fonts = "import matplotlib.font_manager"  # which says so on stderr if it has to list them first
    subprocess.run([sys.executable, "-c", fonts], check=True)
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
    with serving(site) as address:
        yield address


@pytest.fixture(scope="module")
def front(web, tmp_path_factory):
    """The address of the front page alone, with what it shows, but without the other pages."""
    source = tmp_path_factory.mktemp("front")
    shutil.copytree(build_site.SETTINGS / "_static", source / "_static")
    shutil.copytree(web, source / "explorer")
    for folder in ("notebooks", "_static/pictures"):
        (source / folder).mkdir()
    tenth = build_site.chapter_page(CHAPTERS[10], [], source / "_static" / "pictures")
    nbformat.write(tenth, source / "notebooks" / CHAPTERS[10].name)
    (source / "index.html").write_text(build_site.front_page(source), encoding="utf-8")
    with serving(source) as address:
        yield address


@pytest.mark.parametrize("width", [390, 1366])
def test_front_page_shows_explorer_and_result_at_every_width(width, front, chromium, screenshots):
    with chromium.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        complaints = Complaints(page)
        page.goto(f"{front}/index.html")
        page.locator(".explorer[data-ready]").wait_for()
        page.evaluate(READY)
        page.screenshot(path=screenshots / f"front-{width}.png", full_page=True)
        assert "Hashing" in page.get_by_role("heading", level=1).inner_text()
        assert "exact HOG search" in page.locator(".result img").get_attribute("alt")
        assert page.locator(".result img").evaluate(TWICE)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.add_script_tag(path=AXE)
        assert page.evaluate(FINDINGS, True) == []
        assert complaints.console == complaints.errors == complaints.outside == []


def test_front_page_needs_nothing_of_the_other_pages_before_its_first_picture(front, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(front)))
    page.goto(f"{front}/index.html")
    page.locator(".explorer[data-ready]").wait_for()
    assert asked
    assert not [name for name in asked if "mathjax" in name or "sphinx" in name]


def pages(site):
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return [name for name in names if not name.startswith("_")]


def page_of(chapter):
    return f"notebooks/{chapter.stem}.html"


def open_page(page, address):
    page.goto(address)
    page.evaluate(READY)
    if address.startswith("http"):  # from a file browsers load no modules
        for part, filled in FILLED.items():
            if page.locator(part).count():
                page.locator(filled).first.wait_for()


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
@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.parametrize("name", [page_of(PAGES[8]), "api/dshlib.codes.html"])
def test_chapter_and_api_are_accessible_at_every_width(name, width, served, chromium):
    with chromium.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        open_page(page, f"{served}/{name}")
        page.add_script_tag(path=AXE)
        assert page.evaluate(FINDINGS, True) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [
    "index.html", "course.html", page_of(PAGES[8]), "api/dshlib.codes.html",
    "search.html?q=Hamming",
])  # fmt: skip
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
@pytest.mark.parametrize("name", [
    "index.html", "course.html", "run.html", "api/dshlib.metrics.html", *map(page_of, PAGES),
])  # fmt: skip
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
    open_page(page, f"{served}/course.html")
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
        rows, frame = demo.locator("fieldset").all(), demo.locator(".frame:visible")
        seen = [frame.evaluate(IN_WORDS)]
        if "data-choice" not in frame.inner_html():  # else it is a page
            before = [cell for cell in cells[: explored[number]] if cell.get("outputs")]
            stored = before[-1].outputs[0].data["text/plain"]
            assert NUMBERS.sub("", seen[0])[:30] == NUMBERS.sub("", stored)[:30]
        for row in rows:
            for _ in range(row.get_by_role("radio").count()):
                row.locator("input:checked").press("ArrowRight")
                assert frame.count() == 1
                seen.append(frame.evaluate(IN_WORDS))
            assert seen[-1] == seen[0]
        for row in rows:
            row.locator("input:checked").press("ArrowRight")
        seen.append(frame.evaluate(IN_WORDS))
        assert len(set(seen)) > len(seen) / 2 - len(rows), demo.inner_text()


@pytest.mark.slow
def test_answers_and_drawing_code_unfold_without_scripts(served, still):
    still.goto(f"{served}/{page_of(PAGES[3])}")
    answer = still.locator("details.answer").first
    assert not answer.locator("img").is_visible()
    answer.locator("summary").click()
    assert answer.locator("img").is_visible()
    code = still.locator("details.hide").first
    assert not code.locator("pre").is_visible()
    code.locator("summary").click()
    assert code.locator("pre").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize(("chapter", "handle"), [(3, "angle between the vectors"), (8, "b1")])
def test_diagram_moves_in_its_chapter_and_is_told_of_without_scripts(
    chapter, handle, served, page, still, complaints
):
    page.goto(f"{served}/{page_of(PAGES[chapter])}")
    told = page.locator(".diagram p[aria-live]")
    told.wait_for()
    before = told.inner_text()
    page.get_by_role("slider", name=handle).press("ArrowRight")
    assert told.inner_text() != before
    assert complaints.console == complaints.errors == complaints.outside == []
    still.goto(f"{served}/{page_of(PAGES[chapter])}")
    assert "needs JavaScript" in still.locator(".diagram").inner_text()


@pytest.mark.slow
def test_copy_button_copies_the_code_beside_it(served, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_page(page, f"{served}/{page_of(PAGES[2])}")
    page.locator(".highlight .copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    first = next(
        cell for cell in nbformat.read(PAGES[2], as_version=4).cells if cell.cell_type == "code"
    )
    assert copied.strip() == first.source


@pytest.mark.slow
def test_every_page_names_its_authors_and_says_what_it_is_about(site):
    for name in pages(site):
        page = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
        assert build_site.author() in page.text, name
        assert "not set" not in page.text, name
        assert page.select_one("meta[name=description]")["content"], name
        picture = page.select_one("meta[property='og:image']")["content"]
        assert (site / name).parent.joinpath(picture).exists(), name


@pytest.mark.slow
def test_code_of_the_library_is_one_click_from_its_page(served, still):
    still.goto(f"{served}/api/dshlib.codes.html")
    still.locator("[id='dshlib.codes.pack']").get_by_role("link", name="[source]").click()
    assert "def pack(" in still.locator("pre").inner_text()


@pytest.mark.slow
def test_search_results_hold_no_formulas_in_tex(served, page):
    open_page(page, f"{served}/search.html?q=probability")
    page.wait_for_function("document.body.innerText.includes('Search finished')")
    page.locator("#search-results p.context").first.wait_for()
    found, before = page.locator("#search-results"), None
    while (now := found.inner_text()) != before:  # extracts come one after the other
        before = now
        page.wait_for_timeout(1000)
    assert "\\" not in now


@pytest.mark.slow
def test_course_zip_runs_a_chapter_in_a_fresh_environment(site, tmp_path):
    (packed,) = site.glob("_downloads/*/course.zip")
    zipfile.ZipFile(packed).extractall(tmp_path)
    course, environment = tmp_path / "hashing-course", tmp_path / "environment"
    python = environment / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
    needed = [*uv, "pip", "install", "--python", python, "-r", "requirements.txt"]
    subprocess.run(needed, check=True, cwd=course)
    chapter = "chapters/00_start_here.ipynb"
    run = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", chapter]
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(run, check=True, cwd=course, env=alone)
    cells = nbformat.read(course / chapter, as_version=4).cells
    assert sum(bool(cell.get("outputs")) for cell in cells) > 5


@pytest.mark.slow
def test_chapter_as_pdf_holds_its_sections_and_no_empty_page(site, tmp_path):
    from pypdf import PdfReader

    command = [sys.executable, "-m", "publish.build_pdf", "--chapter", "04", "--site", site]
    subprocess.run([*command, tmp_path], check=True, cwd=ROOT)
    printed = PdfReader(tmp_path / "04_random_projection.pdf")
    texts = [page.extract_text() for page in printed.pages]
    assert 5 < len(texts) < 30
    assert all(len(text.split()) > 20 for text in texts)
    whole = " ".join(" ".join(texts).split())
    for cell in nbformat.read(PAGES[4], as_version=4).cells:
        for heading in re.findall(r"^## ([^$\n]+)$", cell.source, re.MULTILINE):
            assert heading in whole
    assert "Show the answer" not in whole and "Copy" not in whole
    assert not list((site / "notebooks").glob("_*"))


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
    for guide in site.rglob("guide.md"):
        assert guide.read_text(encoding="utf-8") == build_site.guide_without_answers()
