"""The retrieval explorer as `make explore` serves it: a page of sliders, without code or network.

The screenshot is stored beside those of test_chapters.py.
"""

import pytest

from tools.browser import START_SECONDS, ShownDemo, explorer_page


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    with explorer_page(tmp_path_factory.mktemp("voila")) as address:
        yield address


def test_explorer_answers_in_its_place_and_shows_no_code(
    voila, page, complaints, check_demo, screenshots
):
    page.goto(voila, timeout=1000 * START_SECONDS)
    demo = ShownDemo(page, page.locator("#rendered_cells"))
    page.screenshot(path=screenshots / "explorer.png")
    assert page.get_by_role("heading", level=1).count() == 1
    assert "import" not in page.locator("body").inner_text()
    assert page.locator(".jp-InputArea-editor, .cm-editor, .highlight").count() == 0
    check_demo(demo)
    assert not page.locator("[data-mime-type*='stderr']").count()
    assert complaints.requests > 5
    assert not complaints.outside
    assert not complaints.errors
    assert not complaints.console


def test_results_and_controls_are_reached_by_keyboard_with_one_stop_of_tab_each(voila, page):
    page.goto(voila, timeout=1000 * START_SECONDS)
    demo = ShownDemo(page, page.locator("#rendered_cells"))
    demo.focus(0)
    for number in range(1, len(demo.choices)):
        page.keyboard.press("Tab")
        focused = "choice => choice.contains(document.activeElement)"
        assert demo.choices[number].evaluate(focused), demo.labels[number]
    page.keyboard.press("Tab")
    results = demo.locator.get_by_role("list").all()
    name = "document.activeElement.querySelector('img').alt"
    assert page.evaluate(name) == results[0].get_by_role("img").first.get_attribute("alt")
    page.keyboard.press("ArrowRight")
    second = results[0].get_by_role("button").nth(1)
    picture = second.get_by_role("img").get_attribute("src")
    assert second.evaluate("button => button === document.activeElement")
    now = demo.press("Enter")
    query = page.get_by_role("img", name="The query:")
    assert query.get_attribute("src") == picture
    assert now["values"][-1] is None  # none of the pictures to choose from
    assert page.evaluate("document.activeElement.matches('ol button')")
    page.keyboard.press("Tab")
    assert results[1].evaluate("list => list.contains(document.activeElement)")


def test_values_are_told_as_values_and_useless_controls_are_disabled_with_a_reason(voila, page):
    page.goto(voila, timeout=1000 * START_SECONDS)
    demo = ShownDemo(page, page.locator("#rendered_cells"))
    assert page.get_by_role("slider", name="hash size k").get_attribute("aria-valuetext") == "12"
    for side in ("left", "right"):
        page.get_by_role("combobox", name=side).select_option("exact HOG search")
        demo.settled()
    tables = page.get_by_role("slider", name="LSH tables L")
    assert tables.is_disabled()
    reason = tables.get_attribute("aria-describedby")
    assert page.locator(f"#{reason}").inner_text() == "only for LSH tables"


def test_axe_finds_nothing_serious_in_light_or_dark_or_on_a_phone(
    voila, page, serious, screenshots
):
    page.goto(voila, timeout=1000 * START_SECONDS)
    ShownDemo(page, page.locator("#rendered_cells"))
    for width, scheme in ((1366, "light"), (1536, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=screenshots / f"explorer-{width}-{scheme}.png", full_page=True)
        assert serious("html") == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shown = page.locator("ol img").first.bounding_box()
        assert shown["width"] >= 56 and shown["x"] + shown["width"] <= width
