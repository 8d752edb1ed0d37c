"""The web explorer in Chromium: dshlib's numbers, and a page that anybody can use.

Screenshots are stored beside those of test_chapters.py.
"""

import base64
import json
from itertools import product
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from folder_server import serving
from PIL import Image

from dshcourse.demos.recorded import Recorded, Setting
from dshlib import (
    RandomProjection,
    average_precision,
    dsh_loss,
    dsh_subgradient,
    hamming,
    mean_average_precision,
    rank,
    regularizer,
    relaxed_pair_loss,
)
from dshlib.codes import binarize
from dshlib.hashers.lsh import collision_probability
from publish import build_web

SEARCHES = """async ([slug, k, pictures]) => {
  const { Data } = await import('./data.js');
  window.data ??= await Data.load();
  const method = data.method(slug), found = [];
  for (const picture of pictures) {
    const { ids, distances, score } = data.search(await data.codes(method, k, picture), picture);
    found.push([ids, distances, score]);
  }
  return found;
}"""
OUTPUTS = """async pixels => {
  const { Network } = await import('./picture.js');
  const network = await Network.load();
  const grey = Uint8Array.from(atob(pixels), character => character.charCodeAt(0)), found = [];
  for (let at = 0; at < grey.length; at += 100 * 784) {
    found.push(...(await network.outputs(grey.subarray(at, at + 100 * 784))).data);
  }
  return found;
}"""
BRIGHT = """bright => {
  const canvas = document.querySelector('[data-part=seen]');
  return canvas.getContext('2d').getImageData(0, 0, 28, 28).data
    .some((value, at) => at % 4 === 0 && value > 200) === bright;
}"""
SEEN = """canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]
  .filter((_, at) => at % 4 === 0)"""
HYPERPLANES = """async angles => {
  const { bits, estimate, randomNormals } = await import('./hyperplanes.js');
  const normals = randomNormals(64, 7);
  const codes = angles.map(angle => bits([Math.cos(angle), Math.sin(angle)], normals));
  const differing = codes.map(code => code.filter((bit, i) => bit !== codes[0][i]).length);
  return { normals, codes, differing, estimates: differing.map(n => estimate(n, 64)) };
}"""
LOSSES = """async ([pairs, margin, alpha]) => {
  const { regularizer, relaxedPairLoss, subgradient } = await import('./loss.js');
  return pairs.map(([b1, b2, y]) => [relaxedPairLoss(b1, b2, y, margin),
    regularizer(b1, b2, alpha), ...subgradient(b1, b2, y, margin, alpha)]);
}"""
DIAGRAMS = """<!doctype html><html lang="en"><title>Diagrams</title>
<link rel="icon" href="icon.svg"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><link rel="stylesheet" href="diagrams.css">
<main><h1>Diagrams</h1><div class="diagram" data-diagram="hyperplanes"></div>
<div class="diagram" data-diagram="loss"></div></main>
<script type="module" src="diagrams.js"></script></html>"""


@pytest.fixture(scope="module")
def address(web):
    """Of the folder that the page lies in, below another one."""
    top = web.parents[1]
    with serving(top) as site:
        yield f"{site}/{web.relative_to(top).as_posix()}"


@pytest.fixture(scope="module")
def index(web):
    return json.loads((web / "data" / "index.json").read_text(encoding="utf-8"))


@pytest.fixture
def silent(complaints):
    yield
    assert complaints.console == complaints.errors == complaints.outside == []


@pytest.fixture
def opened(address, page, silent):
    """A function that opens the page in a state, and waits until all of it is shown."""

    def open_page(search=""):
        page.goto(f"{address}/index.html{search}")
        page.locator(".explorer[data-ready]").wait_for()
        page.wait_for_load_state("networkidle")
        return page

    return open_page


@pytest.fixture
def diagrams(web, address, page, silent):
    (web / "diagrams.html").write_text(DIAGRAMS, encoding="utf-8")
    page.goto(f"{address}/diagrams.html")
    for name in ("angle between the vectors", "b2"):
        page.get_by_role("slider", name=name).wait_for()
    return page


def words(page):
    return page.locator("[data-part=words]").inner_text()


def told(page):
    """What the address tells."""
    return {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}


def cards(page):
    return page.locator("[data-part=cards] .card")


def searched(page, method, k, part, ids):
    """What the modules of the page find: ids, distances and scores."""
    pictures = [{"part": part, "id": int(i)} for i in ids]
    found = page.evaluate(SEARCHES, [build_web.slug(method), k, pictures])
    return [np.array(column) for column in zip(*found, strict=True)]


def test_ids_distances_and_scores_of_100_queries_are_dshlibs_at_every_method_and_size(
    opened, index, classroom
):
    page, recorded, numbers = opened(), Recorded("classroom"), index["queries"]
    truth, labels = classroom.queries.labels[numbers], classroom.database.labels
    assert len(numbers) == 100
    for method, k in product([m["name"] for m in index["methods"]], index["sizes"]):
        queries, database = recorded.pair(Setting(method, k))
        ids, distances, scores = searched(page, method, k, "queries", numbers)
        wanted = rank(queries[numbers], database, 10)
        np.testing.assert_array_equal(ids, wanted[0], f"{method}, {k} bits")
        np.testing.assert_array_equal(distances, wanted[1], f"{method}, {k} bits")
        n_relevant = np.bincount(labels)[truth]
        relevant = labels[ids] == truth[:, None]
        wanted = average_precision(relevant, 10, divisor="min", n_relevant=n_relevant)
        np.testing.assert_allclose(scores, wanted, atol=1e-12, err_msg=f"{method}, {k} bits")
        sets = queries[numbers], truth, database, labels
        mean = mean_average_precision(*sets, k=10, divisor="min", ties="stable")
        assert scores.mean() == pytest.approx(mean, abs=1e-12)


def test_an_image_of_the_database_finds_what_dshlib_finds_without_itself(opened, index, classroom):
    page, labels = opened(), classroom.database.labels
    numbers = np.arange(0, len(labels), 60)
    for k in index["sizes"]:
        _, database = Recorded("classroom").pair(Setting("ITQ", k))
        ids, _, scores = searched(page, "ITQ", k, "database", numbers)
        for number, found, score in zip(numbers, ids, scores, strict=True):
            others = np.delete(np.arange(len(labels)), number)
            (wanted,), _ = rank(database[number : number + 1], database[others], 10)
            assert found.tolist() == others[wanted].tolist()
            relevant = labels[found] == labels[number]
            assert score == pytest.approx(average_precision(relevant, 10, n_relevant=599))


def test_bits_of_all_1000_queries_are_those_of_the_network_in_python(opened, classroom):
    images = classroom.queries.images
    found = opened().evaluate(OUTPUTS, base64.b64encode(images.tobytes()).decode())
    wanted = build_web.shipped_network().outputs(images)
    found = np.reshape(found, wanted.shape)
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    sure = np.abs(wanted) > 1e-4  # all of them, where this was written; rounding decides others
    np.testing.assert_array_equal(binarize(found)[sure], binarize(wanted)[sure])


@pytest.mark.parametrize(("held", "until"), [
    ("**/index.json", "[data-part=words]:has-text('Loading')"),
    ("**/*.bin", "[data-part=garments] input:checked"),
    ("**/*.webp", ".explorer[data-ready]"),
    ("**/network/*", "[data-part=seen-words]:has-text('Loading')"),
])  # fmt: skip
def test_page_is_accessible_while_it_waits_for_a_file(held, until, address, page, serious):
    page.route(held, lambda route: None)
    page.goto(f"{address}/index.html", wait_until="commit")
    page.get_by_text("Hash your own picture").click()
    page.locator(until).wait_for()
    assert serious("html") == []


def test_a_part_that_is_opened_before_the_script_is_there_loads_its_network(address, page):
    held = []
    page.route("**/main.js", lambda route: held.append(route))
    with page.expect_request("**/main.js"):
        page.goto(f"{address}/index.html", wait_until="commit")
    page.get_by_text("Hash your own picture").click()
    held[0].continue_()
    page.locator("[data-part=result] .card").wait_for()


@pytest.mark.parametrize("bits", [12, 64])
def test_cards_say_what_they_show(bits, opened, index):
    page = opened(f"?bits={bits}")
    names = [*index["rows"], "SH"]
    assert cards(page).count() == 4
    for card, name in zip(cards(page).all(), names, strict=True):
        assert card.locator("h2").inner_text().startswith(name)
        shown = card.locator("li span").all_inner_texts()
        n_right = sum(text.startswith("✓") for text in shown)
        assert n_right + sum(text.startswith("✗") for text in shown) == 10
        assert card.locator("button.right").count() == n_right
        assert f"{name} {n_right}" in words(page)
        for hit in card.locator("li button").all():
            said = hit.locator("small").inner_text()
            marked = hit.locator(".differs").get_attribute("d").count("h4v2")
            assert said == ("1 bit differs" if marked == 1 else f"{marked} bits differ")
            verdict, _, what = hit.get_attribute("title").partition(": ")
            assert (verdict, what) == (hit.get_attribute("class"), "search with it")


def test_a_result_becomes_the_query_and_back_goes_back(opened, index):
    page = opened()
    at_first, score = words(page), cards(page).first.locator(".score").inner_text()
    name = cards(page).first.locator("li span").nth(3).inner_text().lstrip("✓✗ ")
    cards(page).first.locator("li button").nth(3).click()
    page.wait_for_url("**image=*")
    assert told(page).keys() == {"image", "bits", "beside"}
    assert name in words(page)
    assert page.locator("[data-part=garments] input:checked").count() == 0
    shared, there = page.url, words(page)
    page.go_back()
    page.wait_for_function("at => document.querySelector('[data-part=words]').innerText === at",
                           arg=at_first)  # fmt: skip
    assert cards(page).first.locator(".score").inner_text() == score
    checked = page.locator("[data-part=garments] input:checked")
    assert checked.input_value() == str(index["first"]["query"])
    page.goto(shared)
    page.locator(".explorer[data-ready]").wait_for()
    assert words(page) == there


def test_choices_go_into_the_address_and_come_from_it(opened):
    page = opened("?query=9&bits=48&beside=class-code#part")
    assert page.locator("[data-part=told]").inner_text() == "48 bits"
    assert "class code" in words(page)
    assert "4 bits" in cards(page).last.locator("h2").inner_text()
    slider = page.get_by_role("slider", name="hash size")
    assert slider.get_attribute("aria-valuetext") == "48 bits"
    n_before = page.evaluate("history.length")
    slider.press("ArrowRight")
    page.wait_for_url("**bits=64*")
    assert page.evaluate("history.length") == n_before + 1
    page.get_by_role("combobox", name="fourth method").select_option("SH")
    page.wait_for_url("**beside=sh*")
    assert told(page) == {"query": "9", "bits": "64", "beside": "sh"}
    page.go_back()
    page.go_back()
    page.wait_for_function("document.querySelector('[data-part=told]').value === '48 bits'")


@pytest.mark.parametrize(
    "search", ["?bits=13", "?query=-1&bits=x", "?query=1000", "?image=6000", "?image=1e3",
               "?beside=dsh-all-pairs"]
)  # fmt: skip
def test_an_address_of_what_there_is_not_shows_the_first_picture(search, opened):
    at_first = words(opened())
    assert words(opened(search)) == at_first


def test_garments_and_neighbours_are_one_stop_of_tab_each(opened):
    page = opened()
    page.locator("[data-part=garments] input:checked").focus()
    before = words(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("at => document.querySelector('[data-part=words]').innerText !== at",
                           arg=before)  # fmt: skip
    focused = "document.activeElement.closest('[data-part], section').dataset.part"
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(focused))
    assert stops[:2] == ["bits", "beside"]
    labels = "[...document.querySelectorAll('.cards button')].indexOf(document.activeElement)"
    assert page.evaluate(labels) == 10
    page.keyboard.press("End")
    assert page.evaluate(labels) == 19
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url("**image=*")
    assert page.evaluate(labels) == 18


@pytest.fixture
def studio(opened):
    page = opened()
    page.get_by_text("Hash your own picture").click()
    page.locator("[data-part=result] .card").wait_for()
    return page


def seen(page):
    return np.array(page.locator("[data-part=seen]").evaluate(SEEN)).reshape(28, 28)


def own_words(page):
    return page.locator("[data-part=seen-words]").inner_text()


def wait_for_words(page, test):
    page.wait_for_function(f"({test})(document.querySelector('[data-part=seen-words]').innerText)")


def test_network_is_fetched_only_when_its_part_is_opened(address, page, silent):
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto(f"{address}/index.html")
    page.locator(".explorer[data-ready]").wait_for()
    page.wait_for_load_state("networkidle")
    assert not any("/network/" in path for path in asked)
    page.get_by_text("Hash your own picture").click()
    page.locator("[data-part=result] .card").wait_for()
    assert any(path.endswith("/network/runtime.bin") for path in asked)


def test_a_garment_as_own_picture_has_the_code_of_the_network_in_python(studio, index, classroom):
    network = build_web.shipped_network()
    database = binarize(network.outputs(classroom.database.images))
    for number in index["queries"][:3]:
        before = own_words(studio)
        studio.get_by_label("start from").select_option(str(number))
        wait_for_words(studio, f"now => now !== {json.dumps(before)}")
        image = classroom.queries.images[number]
        np.testing.assert_array_equal(seen(studio), image)
        (ids,), _ = rank(binarize(network.outputs(image[None])), database, 10)
        names = [classroom.class_names[label] for label in classroom.database.labels[ids]]
        shown = studio.locator("[data-part=result] li span").all_inner_texts()
        assert shown == names


def test_what_is_drawn_is_seen_bright_on_black_and_cleared(studio):
    assert not seen(studio).any()
    empty = own_words(studio)
    studio.locator("[data-part=paper]").scroll_into_view_if_needed()
    box = studio.locator("[data-part=paper]").bounding_box()
    left, top = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
    studio.mouse.move(left, top)
    studio.mouse.down()
    studio.mouse.move(left + box["width"] / 2, top, steps=5)
    studio.mouse.up()
    wait_for_words(studio, f"now => now !== {json.dumps(empty)}")
    picture = seen(studio)
    assert picture[14, 8:20].min() == 255 and picture[:10].max() == 0
    studio.get_by_role("button", name="Clear").click()
    wait_for_words(studio, f"now => now === {json.dumps(empty)}")
    assert not seen(studio).any()


def test_a_photograph_is_fitted_made_grey_and_inverted_where_its_border_is_bright(
    studio, index, classroom, tmp_path
):
    image = classroom.queries.images[index["queries"][0]]
    large = np.kron(image, np.ones((20, 20), np.uint8))
    files = {}
    for name, grey in {"dark": large, "bright": 255 - large, "wide": large[140:420]}.items():
        files[name] = tmp_path / f"{name}.png"
        Image.fromarray(np.stack([grey] * 3, axis=-1)).save(files[name])
    for name in ("dark", "bright", "wide"):
        studio.get_by_role("button", name="Clear").click()
        studio.wait_for_function(BRIGHT, arg=False)
        studio.get_by_label("open a photograph").set_input_files(files[name])
        studio.wait_for_function(BRIGHT, arg=True)
        found = seen(studio).astype(int)
        wanted = image.astype(int)
        if name == "wide":
            wanted = np.where((np.arange(28) // 7 % 3 == 0)[:, None], found, wanted)
            assert len(np.unique(found[:7])) == len(np.unique(found[21:])) == 1
        assert np.abs(found - wanted).mean() < 2, name
    studio.get_by_label("invert").select_option("yes")
    canvas = studio.locator("[data-part=seen]").element_handle()
    inverted = "([box, v]) => box.getContext('2d').getImageData(0, 0, 1, 1).data[0] === v"
    studio.wait_for_function(inverted, arg=[canvas, 255 - int(found[0, 0])])
    assert np.abs(seen(studio) + found - 255).max() == 0


def test_a_file_that_is_no_picture_is_named(studio, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no picture", encoding="utf-8")
    studio.get_by_label("open a photograph").set_input_files(file)
    wait_for_words(studio, "now => now.includes('notes.txt is no picture')")


def test_axe_finds_nothing_serious_in_light_or_dark_or_on_a_phone(studio, serious, screenshots):
    for width, scheme in product((390, 768, 1366), ("light", "dark")):
        studio.set_viewport_size({"width": width, "height": 800})
        studio.emulate_media(color_scheme=scheme)
        studio.screenshot(path=screenshots / f"web-{width}-{scheme}.png", full_page=True)
        assert serious("html") == [], (width, scheme)
        assert studio.evaluate("document.documentElement.scrollWidth") <= width
        shown = cards(studio).first.locator("canvas").first.bounding_box()
        assert shown["width"] >= 40 and shown["x"] + shown["width"] <= width


def test_from_a_file_the_page_says_that_it_needs_a_server(web, page, silent):
    page.goto((web / "index.html").as_uri())
    assert "python -m http.server" in words(page)


def test_missing_data_are_told(address, page):
    page.route("**/index.json", lambda route: route.fulfill(status=404))
    page.goto(f"{address}/index.html")
    page.get_by_text("could not be loaded").wait_for()


def test_hyperplanes_have_the_bits_and_the_estimate_of_dshlib(diagrams):
    angles = np.linspace(0, np.pi, 37)
    found = diagrams.evaluate(HYPERPLANES, angles.tolist())
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    hasher = RandomProjection(64).fit(vectors)
    hasher.projection_ = np.array(found["normals"])
    codes = hasher.encode(vectors)
    np.testing.assert_array_equal(np.array(found["codes"], bool), codes)
    differing = hamming(codes[0], codes)
    np.testing.assert_array_equal(found["differing"], differing)
    np.testing.assert_allclose(collision_probability(found["estimates"]), 1 - differing / 64)
    assert np.abs(np.array(found["estimates"]) - angles).max() < 0.6


def test_loss_and_subgradient_of_the_diagram_are_dshlibs_at_a_grid_of_positions(diagrams):
    places, (margin, alpha) = [-2.0, -1.0, -0.3, 0.0, 1.0, 1.4], (4.0, 0.3)
    pairs = [([x1, y1], [x2, y2], y)
             for x1, y1, x2, y2, y in product(*[places] * 4, (0, 1))]  # fmt: skip
    found = diagrams.evaluate(LOSSES, [pairs, margin, alpha])
    pull, gaps, slope1, slope2 = (np.array(part) for part in zip(*found, strict=True))
    b1, b2, y = (torch.tensor(part, dtype=float) for part in zip(*pairs, strict=True))
    np.testing.assert_allclose(pull, relaxed_pair_loss(b1, b2, y, margin), atol=1e-12)
    np.testing.assert_allclose(gaps, regularizer(b1, b2, alpha), atol=1e-12)
    total = dsh_loss(b1, b2, y, margin, alpha)
    assert (pull + gaps).sum() == pytest.approx(float(total))
    apart = ((b1 - b2).square().sum(-1) - margin).abs() > 1e-9  # at the margin rounding decides
    wanted = dsh_subgradient(b1, b2, y, margin, alpha)
    for slope, each in zip((slope1, slope2), wanted, strict=True):
        np.testing.assert_allclose(slope[apart], each[apart], atol=1e-12)


def test_diagrams_are_moved_by_keyboard_and_mouse_and_say_what_they_show(diagrams):
    angle = diagrams.get_by_role("slider", name="angle between the vectors")
    angle.press("ArrowUp")
    assert angle.get_attribute("aria-valuetext") == "65°"
    spoken = diagrams.locator("[data-diagram=hyperplanes] p")
    assert "The angle is 65°." in spoken.inner_text()
    n_marked = spoken.locator("mark").count() / 2
    assert f"{n_marked:.0f} of 16 bits differ" in spoken.inner_text()
    planes = diagrams.locator("[data-diagram=hyperplanes] .between")
    assert planes.count() == n_marked
    b1 = diagrams.get_by_role("slider", name="b1")
    before = b1.get_attribute("aria-valuetext")
    b1.press("ArrowRight")
    after = b1.get_attribute("aria-valuetext")
    assert (before, after) == ("(0.50, 1.30)", "(0.60, 1.30)")
    box = b1.locator("circle").last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    diagrams.mouse.move(x, y)
    diagrams.mouse.down()
    diagrams.mouse.move(x, y + 60, steps=3)
    diagrams.mouse.up()
    assert b1.get_attribute("aria-valuetext") != after
    spoken = diagrams.locator("[data-diagram=loss] p")
    assert spoken.inner_text().startswith("Push")
    diagrams.get_by_label("similar pair").check()
    assert spoken.inner_text().startswith("Pull")


def test_axe_finds_nothing_serious_in_diagrams(diagrams, serious, screenshots):
    for width, scheme in product((390, 1366), ("light", "dark")):
        diagrams.set_viewport_size({"width": width, "height": 800})
        diagrams.emulate_media(color_scheme=scheme)
        diagrams.screenshot(path=screenshots / f"diagrams-{width}-{scheme}.png", full_page=True)
        assert serious("html") == [], (width, scheme)
        assert diagrams.evaluate("document.documentElement.scrollWidth") <= width
