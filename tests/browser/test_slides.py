"""The decks of slides, opened from the disk in Chromium: readable, complete, step by step."""

import html
import re
from functools import cache
from itertools import pairwise

import nbformat
import pytest
from bs4 import BeautifulSoup

from publish import build_slides as slides
from publish.slide_blocks import ROOM, Block
from publish.slide_pictures import MOST_PICTURES
from publish.slide_writer import Formulas, lead
from tools.chapters import CHAPTERS

AXE = slides.PACKAGES / "axe-core/axe.min.js"
BY_NAME = {path.stem: path for path in CHAPTERS}
EVERY_DAY = "04_random_projection"  # its deck is tested every day, the others by make test-all
COLOURED = (EVERY_DAY, "10_lsh_against_dsh")  # one style sheet colours all decks
chapters = pytest.mark.parametrize("name", [
    name if name == EVERY_DAY else pytest.param(name, marks=pytest.mark.slow) for name in BY_NAME
])  # fmt: skip
SIZE = {"width": 1280, "height": 720}
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")

# Go through a deck as by keyboard; at the last step of each slide say what is wrong with it.
INSPECT = """smallest => Reveal.getSlides().flatMap(slide => {
  const { h, v } = Reveal.getIndices(slide), wrong = [];
  Reveal.slide(h, v, slide.querySelectorAll('.fragment').length - 1);
  const page = slide.querySelector('.page').getBoundingClientRect();
  const tell = (what, part) => wrong.push(`${h}/${v}: ${what}: ${part.outerHTML.slice(0, 80)}`);
  for (const part of slide.querySelectorAll('.page, .page *:not(math, math *)')) {
    const box = part.getBoundingClientRect(), style = getComputedStyle(part);
    if (box.left < page.left - 1 || box.right > page.right + 1 || box.top < page.top - 1 ||
        box.bottom > page.top + 721) tell('goes over the edge', part);
    if (style.visibility !== 'visible' || style.opacity !== '1') tell('is not shown', part);
    const hasWords = [...part.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (hasWords && parseFloat(style.fontSize) < smallest) tell('is too small', part);
  }
  for (const picture of slide.querySelectorAll('img:not([role=img] img, label img)')) {
    if (picture.closest('.frame') && !picture.checkVisibility()) continue;
    if (picture.alt.length < 40) tell('has no words', picture);
    if (!picture.naturalWidth || picture.clientHeight < 100) tell('is not there', picture);
  }
  const blocks = [...slide.querySelectorAll('.body > *')];
  if (!blocks.length) tell('is empty', slide);
  blocks.slice(1).forEach((block, i) => {
    if (blocks[i].getBoundingClientRect().bottom > block.getBoundingClientRect().top + 1)
      tell('is covered', block);
  });
  return wrong;
})"""
WORDS = """() => {
  const copy = document.querySelector('.slides').cloneNode(true);
  copy.querySelectorAll('pre, code, math').forEach(part => part.remove());
  return copy.textContent;
}"""
VIOLATIONS = """async checksColours => {
  const rules = { 'color-contrast': { enabled: checksColours } };
  const { violations } = await axe.run(document, { resultTypes: ['violations'], rules });
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => [id, nodes.length, nodes[0].html]);
}"""
# Choose each value of each slider; say where there is not one large picture within the slide.
VALUES = """() => [...document.querySelectorAll('.demo input')].filter(radio => {
  const slide = radio.closest('section'), { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v, 99);
  radio.click();
  const pictures = [...slide.querySelectorAll('.frame img')].filter(i => i.checkVisibility());
  const end = slide.querySelector('.page').getBoundingClientRect().bottom;
  return pictures.length !== 1 || !pictures[0].naturalWidth || pictures[0].clientHeight < 250
    || pictures[0].getBoundingClientRect().bottom > end;
}).map(radio => radio.id)"""
DEMO = """() => {
  const slide = document.querySelector('.demo').closest('section');
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v, 99);
  return [h, v];
}"""
STEPS = """() => [...document.querySelectorAll('section section.present .body > *')]
  .map(block => [block.classList[0], getComputedStyle(block).visibility === 'visible'])"""


@pytest.fixture(scope="module")
def deck_of(tmp_path_factory):
    """A function that builds the deck of a chapter once, and returns its path."""

    @cache
    def build(name):
        (deck,) = slides.build(tmp_path_factory.mktemp(name), [BY_NAME[name]])
        return deck

    return build


@pytest.fixture
def page(chromium):
    with chromium.new_context(viewport=SIZE, reduced_motion="reduce") as context:
        yield context.new_page()


def show(page, deck, after=""):
    page.goto(f"{deck.as_uri()}{after}")
    page.wait_for_function("window.Reveal && Reveal.isReady()")


def parsed(deck):
    return BeautifulSoup(deck.read_text(encoding="utf-8"), "html.parser")


def in_words(page):
    """A piece of HTML as text."""
    return " ".join(html.unescape(re.sub(r"<svg.*?</svg>|<[^>]*>", "", page, flags=re.S)).split())


@chapters
def test_every_slide_fits_and_shows_all_its_parts(page, complaints, deck_of, name, screenshots):
    show(page, deck_of(name))
    page.screenshot(path=screenshots / f"slides_{name}.png")
    assert page.evaluate(INSPECT, 18) == []
    assert not re.findall(r"\$|\\[a-z]+|\\\(", page.evaluate(WORDS))
    assert page.title().startswith(name[:2])
    assert page.locator("html").get_attribute("lang") == "en"
    assert complaints.console == complaints.errors == complaints.outside == []
    assert deck_of(name).stat().st_size < 4e6


@pytest.mark.parametrize("width", [390, 1366])
def test_axe_finds_nothing_serious_on_a_title_and_on_a_slide_with_a_slider(
    width, chromium, deck_of
):
    size = {"width": width, "height": 768}
    with chromium.new_context(viewport=size, reduced_motion="reduce") as context:
        page = context.new_page()
        show(page, deck_of(EVERY_DAY))
        page.add_script_tag(path=AXE)
        assert page.evaluate(VIOLATIONS, True) == []
        page.evaluate(DEMO)
        assert page.evaluate(VIOLATIONS, True) == []


def test_title_shows_ten_garments_and_their_codes_as_one_picture_with_words(page, deck_of):
    show(page, deck_of(EVERY_DAY))
    picture = page.locator("section.present").get_by_role("img", name="Ten garments")
    sizes = picture.locator("img").evaluate_all("all => all.map(i => [i.naturalWidth, i.alt])")
    assert sizes == [[28, ""], [6, ""]] * 10
    assert len(picture.evaluate("part => part.outerHTML")) < 30_000


def test_every_title_has_a_picture_of_its_own():
    titles = [slides.sections(path, Formulas())[0][0] for path in CHAPTERS]
    assert all(title.blocks[0].kind == "garments" for title in titles)
    assert len({title.blocks[0].html for title in titles}) == len(CHAPTERS)


def test_arrow_keys_move_a_slider_through_its_pictures_and_page_keys_turn_the_slide(page, deck_of):
    show(page, deck_of(EVERY_DAY))
    place, demo = page.evaluate(DEMO), page.locator(".present .demo")
    where = "() => { const { h, v } = Reveal.getIndices(); return [h, v]; }"
    checked, picture = demo.locator("input:checked"), demo.get_by_role("img")
    values, seen = demo.get_by_role("radio").count(), []
    for _ in range(values):
        checked.press("ArrowRight")
        assert picture.count() == 1
        assert picture.evaluate("i => i.naturalWidth > 0 && i.clientHeight > 300")
        seen.append(picture.get_attribute("src"))
    assert len(set(seen)) == values >= 5
    assert page.evaluate(where) == place
    checked.press("Escape")
    assert not page.evaluate("Reveal.isOverview()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(where) == place
    checked.press("PageDown")
    assert page.evaluate(where) != place


@chapters
def test_each_value_of_a_slider_shows_one_large_picture_that_fits(page, deck_of, name):
    show(page, deck_of(name))
    assert page.evaluate(VALUES) == []
    assert len(parsed(deck_of(name)).select(".demo input")) <= 2 * MOST_PICTURES


@chapters
def test_print_has_one_page_a_slide_in_which_axe_finds_nothing_serious(page, deck_of, name):
    show(page, deck_of(name), "?print-pdf")
    page.locator(".pdf-page").first.wait_for()
    deck = deck_of(name).read_text(encoding="utf-8")
    assert page.locator(".pdf-page").count() == deck.count('<div class="page')
    hidden = "parts => parts.filter(part => getComputedStyle(part).opacity !== '1').length"
    assert page.locator(".fragment").evaluate_all(hidden) == 0
    page.add_script_tag(path=AXE)
    assert page.evaluate(VIOLATIONS, name in COLOURED) == []


@chapters
def test_nothing_that_the_chapter_says_is_lost(deck_of, name):
    message = in_words(deck_of(name).read_text(encoding="utf-8"))
    for cell in nbformat.read(BY_NAME[name], as_version=4).cells:
        if cell.cell_type == "markdown":
            source = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$", "|", cell.source, flags=re.S)
            source = re.sub(r"<summary>.*?</summary>|</?details>", "|", LINK.sub(r"\1", source))
            for part in re.split(r"[|*_`\\#]|^\d\.|^- |---|\n\n", source, flags=re.M):
                assert " ".join(part.split()) in message, part


def test_a_bet_stands_alone_until_keys_show_the_code_and_then_the_result(page, deck_of):
    show(page, deck_of(EVERY_DAY))
    while ["predict", True] not in page.evaluate(STEPS):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(STEPS) == [["predict", True], ["code", False]]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(STEPS) == [["predict", True], ["code", True]]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(STEPS)[0] == ["figure", True]


@chapters
def test_no_slide_shows_a_result_together_with_its_bet_at_once(deck_of, name):
    bets = parsed(deck_of(name)).select(".predict")
    assert len(bets) >= 3
    for bet in bets:
        for after in bet.find_next_siblings(["div"], class_=["code", *slides.RESULTS]):
            assert "fragment" in after["class"]


@pytest.mark.parametrize(("above", "below", "expected"), [
    ([("text", 58)], [("table", 400)], 1), ([("table", 400)], [("text", 58)], 1),
    ([], [("table", 400)], 1), ([("table", 156)], [("code", 76)], 1),
    ([("text", 58)], [("table", 550)], 2), ([("text", 158)], [("table", 400)], 2),
    ([("code", 76)], [("predict", 139)], 2), ([("table", 156)], [("exercise", 58)], 2),
    ([("table", 156)], [("predict", 98)], 2),
])  # fmt: skip
def test_a_slide_with_hardly_anything_joins_a_neighbour_that_has_room(above, below, expected):
    made = [slides.Slide("", [Block(kind, "", size) for kind, size in part])
            for part in (above, below)]  # fmt: skip
    assert len(slides.without_orphans(made)) == expected


def test_no_chapter_has_an_orphan_beside_a_slide_with_room():
    formulas = Formulas()
    for path in CHAPTERS:
        slides.sections(path, formulas)
    slides.typeset(formulas, slides.PACKAGES)
    for path in CHAPTERS:
        for section in slides.sections(path, formulas):
            for above, below in pairwise(section):
                if above.is_orphan or below.is_orphan:
                    asks = below.kinds & {"predict", "exercise"}
                    assert asks or above.height + below.height > ROOM, (path.name, above.heading)


def test_words_after_the_result_of_a_bet_wait_for_a_key():
    slide = slides.Slide("", [])
    for kind in ("predict", "text", "table", "text"):
        slide.add(Block(kind))
    assert [block.step for block in slide.blocks] == [False, False, False, True]


def test_key_s_opens_the_notes_of_the_slide_without_a_network(page, complaints, deck_of):
    show(page, deck_of(EVERY_DAY), "#/1/2")
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes")
    notes.get_by_text("Let the class bet").wait_for()
    page.keyboard.press("PageUp")
    notes.get_by_text("A positive factor changes no sign").wait_for()
    for formula in notes.locator("math").all():
        assert formula.bounding_box()["width"] <= 1
    assert complaints.outside == []


@chapters
def test_solutions_are_told_to_the_teacher_only_and_answers_are_a_step(deck_of, name):
    deck = parsed(deck_of(name))
    notes, shown = ("".join(e.text for e in deck.select(part)) for part in (".notes", ".body"))
    cells = nbformat.read(BY_NAME[name], as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    solutions = re.findall(r"<summary>Solution</summary>\s+```python\n(.*?)```", text, re.S)
    assert len(solutions) >= 2
    for solution in solutions:
        assert solution.rstrip() in notes
        assert solution.replace("\n", "") not in shown
    assert notes.count("What you should have seen.") == text.count("<summary>What you should")
    thinks = [e for e in deck.select(".exercise") if e.text.strip().startswith("Think.")]
    assert len(thinks) == text.count("**Think.**")
    assert all("fragment" in think.find_next_sibling("div")["class"] for think in thinks)


def test_nothing_moves_for_those_who_asked_for_less_motion(page, deck_of):
    show(page, deck_of(EVERY_DAY))
    moves = "all => all.filter(e => getComputedStyle(e).transitionDuration !== '0s').length"
    assert page.locator(".fragment").count() > 20
    assert page.locator(".fragment").evaluate_all(moves) == 0


@pytest.mark.slow
def test_index_leads_to_every_deck(page, tmp_path):
    decks = slides.build(tmp_path)
    page.goto((tmp_path / "index.html").as_uri())
    for link, deck in zip(page.get_by_role("link").all(), decks, strict=True):
        assert link.inner_text().startswith(deck.name[:2])
        assert link.get_attribute("href") == deck.name


def test_the_same_chapter_gives_the_same_bytes(tmp_path, deck_of):
    (again,) = slides.build(tmp_path, [BY_NAME[EVERY_DAY]])
    assert again.read_bytes() == deck_of(EVERY_DAY).read_bytes()


def test_missing_package_is_named_with_the_command_that_fetches_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"reveal\.css is missing: run `make slides`"):
        slides.build(tmp_path, packages=tmp_path)


def test_formula_that_mathjax_cannot_read_is_named(tmp_path):
    cell = nbformat.v4.new_markdown_cell("# A chapter\n\nSuch is $\\nosuchthing$.")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "chapter.ipynb")
    with pytest.raises(ValueError, match=r"MathJax cannot read: \\nosuchthing"):
        slides.build(tmp_path, [tmp_path / "chapter.ipynb"])


@pytest.mark.parametrize(
    ("paragraph", "shown"),
    [
        ("One. Two is longer. Three.", "One. Two is longer."),
        ("This first sentence is far too long. Two.", "This first sentence is far too long."),
        ("One (as here. And there) ends. Two.", "One (as here. And there) ends."),
        ("At $k = 4. 5$ it ends. Two.", "At $k = 4. 5$ it ends."),
        ("One. Two is very much longer. Look:", "One. Look:"),
    ],
)
def test_a_paragraph_is_cut_between_sentences_and_keeps_what_leads_on(paragraph, shown):
    assert lead(paragraph, limit=20) == shown
