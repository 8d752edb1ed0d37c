"""The course as PDF, printed by Chromium from the pages of the site: make pdf, make pdf N=04.

python -m publish.build_pdf [--chapter 04] [--site FOLDER] [FOLDER]

FOLDER is build/pdf if none is given. Without a chapter all of them, and the appendices, become one
book. What is folded on the site is open on paper, and what moves there is left out: the figure
above it shows its default.
"""

import argparse
from contextlib import contextmanager
from pathlib import Path

from bs4 import BeautifulSoup

from dshcourse.console import any_character
from tools.browser import chromium
from tools.chapters import PAGES, ROOT

NUMBERS = '<p style="width: 100%; text-align: center; font-size: 8px" class="pageNumber"></p>'
READY = """async () => {
  for (const part of document.querySelectorAll('details')) part.open = true;
  await window.MathJax.startup.promise;
  await Promise.all([...document.images].filter(image => image.checkVisibility()).map(image => {
    image.loading = 'eager';
    return image.decode();
  }));
}"""


def build(folder, site, chapter=None):
    """Print a chapter, "04" say, or the whole course, into a folder. Returns the file's path.

    Raises FileNotFoundError if the site is not there, StopIteration if there is no such chapter.
    """
    pages = [site / "notebooks" / f"{path.stem}.html" for path in PAGES]
    if not pages[0].exists():
        raise FileNotFoundError(f"{site} holds no site: `make site` builds it")
    folder.mkdir(parents=True, exist_ok=True)
    if chapter is None:
        with one_page(pages) as page:
            return printed(page, folder / "course.pdf")
    page = next(page for page in pages if page.name.startswith(f"{chapter}_"))
    return printed(page, folder / f"{page.stem}.pdf")


@contextmanager
def one_page(pages):
    """A page that holds the articles of all of them, as long as the with block runs."""
    first, *others = (
        BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser") for page in pages
    )
    for other in others:
        first.select_one("article").append(other.select_one("article"))
    first.title.string = "Hashing for image retrieval"
    page = pages[0].with_name("_course.html")
    try:
        page.write_text(str(first), encoding="utf-8")
        yield page
    finally:
        page.unlink(missing_ok=True)


def printed(page, target):
    """Print a page of HTML into a file, and return the file's path."""
    with chromium() as browser, browser.new_context(color_scheme="light") as context:
        opened = context.new_page()
        opened.emulate_media(media="print")
        opened.goto(page.resolve().as_uri())
        opened.evaluate(READY)
        opened.pdf(
            path=target, format="A4", scale=0.8, outline=True, tagged=True, print_background=True,
            display_header_footer=True, header_template="<p></p>", footer_template=NUMBERS,
            margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
        )  # fmt: skip
    return target


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(
        "python -m publish.build_pdf", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "pdf")
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site")
    numbers = [path.name[:2] for path in PAGES]
    parser.add_argument("--chapter", choices=numbers, help="only this one")
    options = parser.parse_args(arguments)
    print(f"wrote {build(options.folder, options.site, options.chapter)}")


if __name__ == "__main__":
    main()
