"""Figures: each plot says in words what it draws, in colours that everyone can tell apart."""

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.transforms import Bbox
from PIL import Image

from dshcourse import figures
from dshcourse.figures import chapter_10
from dshcourse.figures.base import as_svg, size_on_page


@pytest.fixture
def line_figure():
    fig, ax = plt.subplots()
    series = {"recall": np.array([0.25, 0.5]), "cost": np.array([1.0, 3.0])}
    labels = {"title": "Both rise", "xlabel": "bits", "ylabel": "share"}
    alt = figures.plot_lines(ax, [8, 16], series, spread={"recall": [0.1, 0.1]}, **labels)
    yield fig, ax, alt
    plt.close(fig)


def test_alt_text_is_computed_from_the_data(line_figure):
    assert line_figure[2] == (
        "Both rise. share against bits. recall: 0.25 at 8 to 0.5 at 16; cost: 1 at 8 to 3 at 16."
    )


def test_series_differ_in_colour_marker_and_line():
    looks = [figures.style(i) for i in range(7)]
    for property_name in ("color", "marker", "linestyle"):
        assert len({str(look[property_name]) for look in looks}) == 7


def test_shown_figure_carries_picture_and_words(line_figure):
    fig, _, _ = line_figure
    bundle = figures.show(fig, 'more than <3 & "less"')._repr_mimebundle_()
    assert 'alt="more than &lt;3 &amp; &quot;less&quot;"' in bundle["text/html"]
    assert bundle["text/plain"] == 'more than <3 & "less"'
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert not plt.fignum_exists(fig.number)


def test_equal_figures_give_equal_bytes():
    def draw():
        fig, ax = plt.subplots()
        figures.plot_histograms(ax, {"a": [1, 2, 2]}, [0, 1, 2, 3], title="t", xlabel="x")
        return figures.as_png(fig)

    assert draw() == draw()


def test_size_on_the_page_is_half_of_the_pixels_and_halves_go_to_the_even_number():
    def png(width, height):
        buffer = io.BytesIO()
        Image.new("L", (width, height)).save(buffer, "png")
        return buffer.getvalue()

    assert size_on_page(png(1011, 745)) == (506, 372)


def test_equal_figures_give_equal_svg_of_the_wanted_part_in_which_words_can_be_read():
    def draw():
        fig, ax = plt.subplots(figsize=(4, 2))
        ax.imshow([[0, 1]], interpolation="none")
        ax.set_title("two <pixels>")
        return as_svg(fig, Bbox([[0, 0], [4, 2.5]]))

    open_before, first = plt.get_fignums(), draw()
    assert plt.get_fignums() == open_before
    assert draw() == first
    root = ElementTree.fromstring(first)
    assert (root.get("width"), root.get("height")) == ("288pt", "180pt")
    assert size_on_page(first) == (4 * 90, 2.5 * 90)
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "two <pixels>" in words
    (image,) = root.iter("{http://www.w3.org/2000/svg}image")
    assert "pixelated" in image.get("style")
    assert b"dc:date" not in first and b"dc:creator" not in first


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_picture_is_cut_as_tight_as_matplotlib_cuts_it(layout):
    def two_lines():
        fig, axes = plt.subplots(1, 2, figsize=(4, 2), layout=layout)
        for ax in axes:
            figures.plot_lines(ax, [1, 2], {"a": [1, 2]}, title="t" * 30, xlabel="x", ylabel="y")
        return fig

    fig, wanted = two_lines(), io.BytesIO()
    fig.savefig(wanted, format="png", dpi=180, metadata={"Software": None}, bbox_inches="tight")
    plt.close(fig)
    assert figures.as_png(two_lines()) == wanted.getvalue()


def test_strip_wraps_and_tells_right_from_wrong_by_symbol_and_in_words():
    images = np.full((3, 28, 28), [[[50]], [[100]], [[150]]], dtype=np.uint8)
    shown = figures.strip(
        images[0], images[1:], np.array([0, 1]), np.array([True, False]), ("cat", "<dog>"),
        title="found",
    )  # fmt: skip
    bundle = (shown + shown)._repr_mimebundle_()
    assert shown.alt == "found: 1 of 2 are right. In order: cat right, <dog> wrong."
    assert bundle["text/plain"] == f"{shown.alt} {shown.alt}"
    assert bundle["text/html"].count('aria-label="found: 1 of 2 are right.') == 2
    assert "✓ cat" in shown.page and "✗ &lt;dog&gt;" in shown.page and "wrap" in shown.page
    pictures = re.findall(r"base64,([^\"]+)", shown.page)
    decoded = [np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) for png in pictures]
    assert [int(picture.mean()) for picture in decoded] == [205, 155, 105]
    assert [picture.shape for picture in decoded] == 3 * [(28, 28)]


def test_strip_of_colour_images_keeps_their_colours():
    image = np.zeros((8, 8, 3))
    image[..., 0] = 1.0
    shown = figures.strip(None, image[None], np.array([0]), np.array([True]), ("red",), title="t")
    (png,) = re.findall(r"base64,([^\"]+)", shown.page)
    assert (np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) == [255, 0, 0]).all()


def test_strip_of_a_query_without_neighbours_tells_so():
    nothing = np.array([], dtype=int)
    shown = figures.strip(
        np.zeros((28, 28)), np.empty((0, 28, 28)), nothing, nothing > 0, ("cat",), title="a cat"
    )
    assert shown.alt == "a cat: nothing is found." and shown.page.count("<img") == 1


def test_matrices_are_told_with_their_sizes():
    fig, axes = plt.subplots(1, 2)
    matrices = {"R": np.ones((2, 3)), "D": -np.ones((3, 4))}
    alt = figures.plot_matrices(axes, matrices, title="P = R D")
    assert alt == "P = R D. R is 2 by 3 and 100% positive; D is 3 by 4 and 0% positive."
    plt.close(fig)


def test_diagram_is_told_along_its_arrows_and_shows_every_box():
    fig, ax = plt.subplots()
    boxes = {"a": (0, 0, "query\nimage"), "b": (1, 0, "code"), "c": (2, 0, "ids")}
    alt = figures.plot_flow(ax, boxes, [("a", "b", "sign"), ("b", "c", "")], title="To codes")
    assert alt == "To codes. Diagram: query image → code (sign); code → ids."
    assert [text.get_text() for text in ax.texts if text.get_text()] == [
        "query\nimage", "code", "ids", "sign",
    ]  # fmt: skip
    arrows = [text.arrow_patch for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 2
    assert ax.get_xlim()[0] < 0 and ax.get_xlim()[1] > 2
    plt.close(fig)


def test_pinned_title_and_labels_stay_where_wider_ticks_would_move_them():
    fig, ax = plt.subplots()
    figures.finish(ax, "Both rise", "bits", "share")
    figures.pin(ax, below=0.2, left=0.3)
    places = []
    for labels in (("0", "1"), ("a longer\nlabel", "another\nlong label")):
        ax.set_xticks([0, 1], labels)
        ax.set_yticks([0, 1], labels)
        ax.xaxis.tick_top()
        fig.canvas.draw()
        parts = (ax.title, ax.xaxis.label, ax.yaxis.label)
        places.append([ax.transAxes.inverted().transform(
            part.get_transform().transform(part.get_position())).round(6).tolist()
            for part in parts])  # fmt: skip
    assert places[0] == places[1]
    assert places[0][1:] == [[0.5, -0.2], [-0.3, 0.5]]
    assert ax.get_title() == "Both rise"
    plt.close(fig)


def test_the_pareto_front_holds_the_rows_that_no_other_row_dominates():
    costs = pd.Series({"cheap": 1, "dear": 9, "dominated": 5, "good": 4, "as cheap": 1})
    scores = pd.Series({"cheap": 0.5, "dear": 0.9, "dominated": 0.6, "good": 0.7, "as cheap": 0.4})
    assert figures.pareto_front(costs, scores) == ["cheap", "good", "dear"]
    fig, ax = plt.subplots()
    alt = figures.plot_pareto(ax, costs, scores, scores / 10, title="T", xlabel="s", ylabel="AP")
    plt.close(fig)
    assert alt.startswith("T. AP against s. cheap: 0.500 for 1; dear: 0.900 for 9;")
    assert alt.endswith("Pareto front: cheap, good, dear.")
    (line,) = (line for line in ax.lines if len(line.get_xdata()) == 3)
    assert [*line.get_ydata()] == [0.5, 0.7, 0.9]
    assert {text.get_text() for text in ax.texts} == set(costs.index)


def test_the_figures_of_chapter_10_tell_every_mean_and_the_slides_in_words():
    methods = ("LSH, votes", "DSH, all pairs", "class code", "exact HOG search")
    rows = pd.DataFrame(
        {"mean": [0.41, 0.42, 0.81, 0.82, 0.9, 0.65], "sd": 0.01},
        index=pd.MultiIndex.from_tuples(
            zip(np.repeat(methods, (2, 2, 1, 1)), (8, 16, 8, 16, 4, 0), strict=True),
            names=["method", "n_bits"],
        ),
    )
    slides = {"LSH": (0.61, 0.62, 0.63), "DSH": (0.71, 0.72, 0.73)}
    fig, alt = chapter_10.plot_six_methods({"as there": rows, "out of 10": rows - [0.1, 0]}, slides)
    plt.close(fig)
    assert "LSH, votes: 0.410 0.420 at 8 16 bits" in alt and "class code: 0.800 at 4 bits" in alt
    assert alt.count("DSH on the slides: 0.71 0.72 0.73") == 1
    known = pd.DataFrame({"ITQ": [0.5, 0.7], "DSH": [0.9, np.nan]})
    fig, alt = chapter_10.plot_known_and_unseen(known, known[["DSH", "ITQ"]] / 2, (0.04, 0.18))
    plt.close(fig)
    assert "Means: ITQ 0.600, DSH 0.900; chance 0.040." in alt
    assert "Means: ITQ 0.300, DSH 0.450; chance 0.180." in alt
