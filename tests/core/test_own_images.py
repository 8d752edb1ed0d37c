"""Images of one's own: arrays and folders become data sets, and the whole flow works on them."""

import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

from dshcourse.demos import Explorer, Neighbours
from dshlib.dataset import Dataset, LabelledImages, dataset_from_arrays, dataset_from_folder
from dshlib.features import fitting_cell, hog
from dshlib.hashers.dsh import DSH
from dshlib.hashers.itq import ITQ
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import mean_average_precision

DIGITS = load_digits()
PHOTOGRAPHS = load_sample_images().images  # a temple and a flower, in colour
GREY = np.arange(60 * 8 * 8, dtype=np.uint8).reshape(60, 8, 8)
LABELS = np.arange(60) % 3


@pytest.fixture(scope="module")
def digits():
    """8×8 grey floats, ten classes."""
    return dataset_from_arrays(DIGITS.images / 16, DIGITS.target, name="digits")


@pytest.fixture(scope="module")
def patches():
    """32×32 pieces of two photographs in colour, uint8, two classes named by strings."""
    images, labels = [], []
    for name, photograph in zip(("temple", "flower"), PHOTOGRAPHS, strict=True):
        for top in range(0, 416, 32):
            for left in range(0, 640, 32):
                images.append(photograph[top : top + 32, left : left + 32])
                labels.append(name)
    return dataset_from_arrays(images, labels, n_queries=60, name="photographs")


# From arrays


def test_every_image_is_in_one_part_with_its_label(digits):
    assert (digits.name, digits.class_names) == ("digits", tuple("0123456789"))
    assert (len(digits.database), len(digits.queries)) == (1618, 179)
    given = LabelledImages(DIGITS.images / 16, DIGITS.target)
    before, database, queries = (
        {(image.tobytes(), label) for image, label in zip(part.images, part.labels, strict=True)}
        for part in (given, digits.database, digits.queries)
    )
    assert database | queries == before and not database & queries


def test_each_class_has_its_share_of_the_queries(digits):
    counts = np.bincount(digits.queries.labels)
    assert np.abs(counts - np.bincount(DIGITS.target) * 179 / 1797).max() <= 1


@pytest.mark.parametrize(("counts", "n_queries"), [
    ([200, 5], None), ([50, 2], 50), ([2, 2, 2], 3), ([2, 2, 40], 41), ([3, 97], 2),
    ([59] * 9, None),
])  # fmt: skip
def test_however_small_a_class_is_it_has_a_query_and_an_image_in_the_database(counts, n_queries):
    labels = np.repeat(np.arange(len(counts)), counts)
    dataset = dataset_from_arrays(np.zeros((len(labels), 8, 8)), labels, n_queries)
    asked, kept = (np.bincount(part.labels) for part in (dataset.queries, dataset.database))
    assert min(asked) >= 1 and min(kept) >= 1 and (asked + kept).tolist() == counts
    n_wanted = n_queries or max(len(labels) // 10, len(counts))
    assert asked.sum() == n_wanted
    shares = 1 + (np.array(counts) - 2) * (n_wanted - len(counts)) / max(
        sum(counts) - 2 * len(counts), 1
    )
    assert np.abs(asked - shares).max() <= 1


def test_the_database_is_in_random_order_so_that_ties_favour_no_class(patches):
    first = patches.database.labels[:100]
    assert 25 < first.sum() < 75


def test_arrays_are_copies_that_cannot_be_changed(digits):
    images = GREY.copy()
    dataset = dataset_from_arrays(images, LABELS)
    before = dataset.database.images.copy()
    images[:] = 0
    assert np.array_equal(dataset.database.images, before)
    for part in (digits.database, digits.queries):
        for array in (part.images, part.labels):
            with pytest.raises(ValueError, match="read-only"):
                array[:] = 0


def test_strings_are_numbered_in_sorted_order(patches):
    assert patches.class_names == ("flower", "temple")
    assert patches.queries.labels.dtype == np.int64
    assert np.bincount(patches.queries.labels).tolist() == [30, 30]
    brightness = [patches.database.images[patches.database.labels == i].mean() for i in (0, 1)]
    wanted = [PHOTOGRAPHS[i][:416].mean() for i in (1, 0)]
    assert brightness == pytest.approx(wanted, abs=5)


@pytest.mark.parametrize(("labels", "class_names", "names", "first"), [
    ([3, 7], None, ("3", "7"), [0, 1]),
    ([0, 1], ("cat", "dog", "fish"), ("cat", "dog", "fish"), [0, 1]),
    (["dog", "cat"], ("dog", "cat"), ("dog", "cat"), [0, 1]),
    (np.array(["b", "a"], dtype=object), None, ("a", "b"), [1, 0]),
    ([1.0, 0.0], ("cat", "dog"), ("cat", "dog"), [1, 0]),
])  # fmt: skip
def test_labels_may_be_names_or_numbers(labels, class_names, names, first):
    images = np.repeat(np.array([0, 255], dtype=np.uint8), 20)[:, None, None] * np.ones((8, 8), int)
    dataset = dataset_from_arrays(images, np.repeat(labels, 20), class_names=class_names)
    assert dataset.class_names == names
    is_bright = dataset.database.images[:, 0, 0] > 0
    assert np.array_equal(dataset.database.labels, np.where(is_bright, first[1], first[0]))


def test_the_seed_decides_the_split_and_the_digest_tells_splits_apart():
    one, again, other = (dataset_from_arrays(GREY, LABELS, seed=seed) for seed in (0, 0, 1))
    assert one.sha256 == again.sha256 != other.sha256
    assert np.array_equal(one.queries.images, again.queries.images)


def test_a_dataset_can_be_put_together_by_hand():
    part = LabelledImages(GREY, LABELS)
    dataset = Dataset(part, part, ("a", "b", "c"), "by hand")
    assert dataset.folder is None and len(dataset.sha256) == 64


@pytest.mark.parametrize(("change", "message"), [
    ({"images": GREY[:, :7]}, r"images must be images of shape .* of 8 pixels .* \(60, 7, 8\)"),
    ({"images": [GREY[0], GREY[1, :, :8:2]]}, "images must all have one shape"),
    ({"images": GREY[..., None]}, r"images must be .* got shape \(60, 8, 8, 1\)"),
    ({"images": GREY / 1.0}, "images must be whole numbers 0 to 255, or floats 0 to 1; got float64 "
                             "from 0 to 255"),
    ({"images": GREY.astype(int) - 1}, "images must be .* got int64 from -1 to 254"),
    ({"images": GREY > 5}, "images must be .* got bool from 0 to 1"),
    ({"images": np.full(GREY.shape, np.nan)}, "images must hold finite numbers"),
    ({"labels": LABELS[1:]}, r"labels must have shape \(60,\)"),
    ({"labels": LABELS + 0.5}, "labels are floats, so they must be whole numbers"),
    ({"labels": np.zeros(60)}, "labels must have two classes or more; all: '0.0'"),
    ({"labels": ["cat", *["dog"] * 59]}, "two images or more of each class; one of 'cat'"),
    ({"class_names": ("a", "b")}, r"labels must be in class_names=\('a', 'b'\).* got .2."),
    ({"labels": ["dog"] * 60, "class_names": ["cat", "fox"]}, "labels must be in .* got .'dog'."),
    ({"n_queries": 2}, "n_queries == 2, must be >= 3"),
    ({"n_queries": 58}, "n_queries == 58, must be <= 57"),
    ({"seed": -1}, "seed == -1, must be >= 0"),
])  # fmt: skip
def test_bad_arguments_are_named_with_what_is_allowed(change, message):
    with pytest.raises(ValueError, match=message):
        dataset_from_arrays(**{"images": GREY, "labels": LABELS} | change)


# From a folder


@pytest.fixture
def folder(tmp_path):
    """Two classes of pieces of photographs, as PNGs; the test adds what is special."""
    for name, photograph in zip(("temple", "flower"), PHOTOGRAPHS, strict=True):
        (tmp_path / name).mkdir()
        for i in range(6):
            piece = photograph[50 * i : 50 * i + 40, 100 : 100 + 60]
            Image.fromarray(piece).save(tmp_path / name / f"{i}.png")
    return tmp_path


def read(folder, **settings):
    """All images of a folder by class, and the words of the warning, if there was one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = dataset_from_folder(folder, **settings)
    assert len(caught) <= 1 and all(w.filename == __file__ for w in caught)
    images = {name: [] for name in dataset.class_names}
    for part in (dataset.database, dataset.queries):
        for image, label in zip(part.images, part.labels, strict=True):
            images[dataset.class_names[label]].append(image)
    return images, str(caught[0].message) if caught else ""


def save_as_class(folder, picture, name, **how):
    """Two equal files of a class of their own, since a class has two images or more."""
    (folder / "mine").mkdir()
    for i in range(2):
        picture.save(folder / "mine" / f"{i}{name}", **how)


def mine(folder, **settings):
    images, message = read(folder, **settings)
    assert not message
    one, other = images["mine"]
    assert np.array_equal(one, other)
    return one.astype(int)


def test_a_folder_for_each_class_is_a_dataset(folder):
    dataset = dataset_from_folder(folder, size=(20, 30), colour=True, n_queries=4, name="two")
    assert (dataset.name, dataset.class_names) == ("two", ("flower", "temple"))
    assert dataset.database.images.shape == (8, 20, 30, 3)
    assert np.bincount(dataset.queries.labels).tolist() == [2, 2]
    assert dataset_from_folder(folder).name == folder.name
    assert dataset_from_folder(folder / "temple" / "..").name == folder.name
    assert dataset_from_folder(folder).database.images.shape == (10, 28, 28)
    assert dataset_from_folder(folder, size=12).queries.images.shape == (2, 12, 12)


@pytest.mark.parametrize("find", ["glob", "rglob"])
def test_the_order_in_which_the_disk_lists_files_does_not_matter(find, folder, monkeypatch):
    before, listed = dataset_from_folder(folder), getattr(Path, find)

    def backwards(path, pattern):
        return sorted(listed(path, pattern), reverse=True)

    monkeypatch.setattr(Path, find, backwards)
    assert dataset_from_folder(folder).sha256 == before.sha256


def test_the_middle_is_cut_out_so_that_the_aspect_stays(folder):
    picture = np.zeros((20, 60, 3), dtype=np.uint8)
    picture[:, 20:40] = 200
    save_as_class(folder, Image.fromarray(picture), ".png")
    assert np.array_equal(mine(folder, size=20), np.full((20, 20), 200))


def test_a_picture_is_turned_as_its_exif_says(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees clockwise
    picture = np.zeros((16, 16), dtype=np.uint8)
    picture[:8] = 255
    save_as_class(folder, Image.fromarray(picture), ".JPEG", exif=exif, quality=95)
    upright = mine(folder, size=16)
    assert upright[:, 8:].min() > 200 and upright[:, :8].max() < 50


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(mode, folder):
    alpha = np.zeros((16, 16), dtype=np.uint8)
    alpha[:, :8] = 255
    picture = Image.fromarray(np.zeros((16, 16), dtype=np.uint8))
    picture.putalpha(Image.fromarray(alpha))
    if mode == "P":
        index = Image.fromarray(alpha).quantize(2)
        index.putpalette([0, 0, 0] * 256)
        clear = index.getpixel((15, 0))
        save_as_class(folder, index, ".png", transparency=clear)
    else:
        save_as_class(folder, picture.convert(mode), ".png")
    image = mine(folder, size=16)
    assert image[:, 9:].min() > 240 and image[:, :7].max() < 15


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_sixteen_bits_are_scaled_to_eight(suffix, folder):
    grey = np.repeat(np.array([0, 257 * 60, 257 * 200, 65535], dtype=np.uint16), 4)
    save_as_class(folder, Image.fromarray(np.tile(grey, (16, 1))), suffix)
    assert mine(folder, size=16)[0, [1, 5, 9, 14]] == pytest.approx([0, 60, 200, 255], abs=15)


def test_of_an_animation_the_first_frame_is_read(folder):
    frames = [Image.new("L", (16, 16), grey) for grey in (40, 240)]
    save_as_class(folder, frames[0], ".gif", save_all=True, append_images=frames[1:])
    assert np.array_equal(mine(folder), np.full((28, 28), 40))


@pytest.mark.parametrize("suffix", [".JPG", ".jpeg", ".bmp", ".webp", ".without"])
def test_pictures_are_told_by_their_content_not_by_their_suffix(suffix, folder):
    kind = {".JPG": "JPEG", ".jpeg": "JPEG", ".without": "PNG"}.get(suffix)
    save_as_class(folder, Image.new("CMYK" if suffix == ".JPG" else "RGB", (9, 9)), suffix,
                  format=kind)  # fmt: skip
    assert mine(folder, colour=True).shape == (28, 28, 3)


def test_colour_stays_where_it_is_wanted_and_grey_pictures_join_in(folder):
    save_as_class(folder, Image.new("RGB", (16, 16), (250, 20, 30)), ".png")
    assert np.array_equal(mine(folder, colour=True)[0, 0], [250, 20, 30])
    Image.new("L", (16, 16), 99).save(folder / "mine" / "0.png")
    Image.new("L", (16, 16), 99).save(folder / "mine" / "1.png")
    assert np.array_equal(mine(folder, colour=True)[0, 0], [99, 99, 99])


def test_what_is_no_picture_is_left_out_and_told_once(folder):
    for i in range(5):
        (folder / "flower" / f"note{i}.txt").write_text("not a picture")
    whole = (folder / "flower" / "0.png").read_bytes()
    (folder / "flower" / "broken.png").write_bytes(whole[: len(whole) // 2])
    (folder / "flower" / "empty.jpg").touch()
    (folder / "temple" / ".hidden.png").write_bytes(b"hidden")
    (folder / "temple" / ".cache").mkdir()
    (folder / "temple" / ".cache" / "thumb.png").write_bytes(whole)
    (folder / ".git").mkdir()
    (folder / "README.txt").write_text("about the pictures")
    (folder / "nothing").mkdir()
    images, message = read(folder)
    assert {name: len(some) for name, some in images.items()} == {"flower": 6, "temple": 6}
    assert message.startswith(f"7 files are left out of {folder}:")
    assert "nothing: a class without a picture" in message
    assert "flower/broken.png: " in message and "truncated" in message
    assert "flower/empty.jpg: cannot identify image file\n" in message
    assert message.endswith("and 2 more") and message.count("\n") == 7
    assert "hidden" not in message and "thumb" not in message and "README" not in message


def test_a_picture_with_too_many_pixels_is_left_out(folder, monkeypatch):
    Image.new("L", (400, 300)).save(folder / "flower" / "huge.png")
    for limit in (100_000, 10_000):  # Pillow warns at the limit, and refuses at twice as many
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        images, message = read(folder)
        assert len(images["flower"]) == 6
        assert "flower/huge.png: Image size (120000 pixels) exceeds limit" in message


def test_pictures_in_folders_below_a_class_belong_to_it(folder):
    (folder / "flower" / "garden").mkdir()
    Image.new("L", (9, 9)).save(folder / "flower" / "garden" / "rose.png")
    assert len(read(folder)[0]["flower"]) == 7


@pytest.mark.parametrize("there", ["missing", "a file", "nothing", "one class", "only text"])
def test_a_folder_without_two_classes_is_refused_with_what_it_must_be(there, folder):
    path = folder / "new"
    if there == "a file":
        path.write_text("")
    elif there != "missing":
        path.mkdir()
    if there in ("one class", "only text"):
        (path / "cat").mkdir()
    if there == "one class":
        Image.new("L", (9, 9)).save(path / "cat" / "1.png")
    if there == "only text":
        (path / "cat" / "1.txt").write_text("a cat")
    with (
        warnings.catch_warnings(),
        pytest.raises(ValueError, match="path=.*new' must hold a folder of pictures for each of"),
    ):
        warnings.simplefilter("ignore")
        dataset_from_folder(path)


def test_a_class_of_one_picture_is_named(folder):
    (folder / "alone").mkdir()
    Image.new("L", (9, 9)).save(folder / "alone" / "1.png")
    with pytest.raises(ValueError, match="two images or more of each class; one of 'alone'"):
        dataset_from_folder(folder)


@pytest.mark.parametrize("size", [7, (28, 4), "28", (28, 28, 28), 28.5])
def test_a_size_that_is_none_is_refused(size, folder):
    with pytest.raises((ValueError, TypeError), match="size|shape"):
        dataset_from_folder(folder, size=size)


# The whole flow


@pytest.mark.parametrize("name", ["digits", "patches"])
def test_codes_of_three_methods_beat_chance_by_far(name, request):
    dataset = request.getfixturevalue(name)
    queries, database = dataset.queries, dataset.database
    cell = fitting_cell(database.images)
    Q, X = hog(queries.images, cell), hog(database.images, cell)
    random = np.random.default_rng(0)

    def score(asked, items):
        return mean_average_precision(asked, queries.labels, items, database.labels, k=10)

    chance = score(random.random((len(Q), 32)) < 0.5, random.random((len(X), 32)) < 0.5)
    for hasher in (RandomProjection(32, center=True), ITQ(32)):
        hasher.fit(X)
        assert score(hasher.encode(Q), hasher.encode(X)) > chance + 0.15
    dsh = DSH(16, epochs=5).fit(database.images, database.labels)
    assert score(dsh.encode(queries.images), dsh.encode(database.images)) > chance + 0.4


def test_colour_tells_hog_more_than_its_mean_and_grey_is_as_before(patches):
    images = patches.queries.images[:5]
    grey = images.mean(axis=3).round().astype(np.uint8)
    in_colour = hog(images, 9)
    assert in_colour.shape == hog(grey, 9).shape == (5, 144)
    assert not np.array_equal(in_colour, hog(grey, 9))
    same = np.repeat(grey[..., None], 3, axis=3)
    assert np.array_equal(hog(same, 9), hog(grey, 9))


@pytest.mark.parametrize(("shape", "cell"), [((28, 28), 8), ((8, 8), 2), ((32, 48, 3), 9)])
def test_cells_fit_the_images(shape, cell):
    images = np.ones((1, *shape), dtype=np.uint8)
    assert fitting_cell(images) == cell
    assert hog(images, cell).shape[1] >= 144


def random_codes_of(dataset, n_bits=20):
    """Codes of queries and database by random hyperplanes."""
    cell = fitting_cell(dataset.database.images)
    vectors = [hog(part.images, cell) for part in (dataset.queries, dataset.database)]
    hasher = RandomProjection(n_bits, center=True).fit(vectors[1])
    return [hasher.encode(some) for some in vectors]


@pytest.mark.parametrize("name", ["digits", "patches"])
def test_explorer_and_neighbours_draw_and_tell_the_names_of_the_classes(name, request):
    dataset, before = request.getfixturevalue(name), plt.get_fignums()
    explorer = Explorer(dataset, codes={"mine": random_codes_of(dataset)})
    for demo in (explorer, Neighbours(dataset)):
        shown = set()
        for query in demo.choices["query"][1][:2]:
            strip, alt = demo(query=query)
            shown.add(strip.page)
            assert str(dataset.class_names[dataset.queries.labels[query]]) in alt
        assert len(shown) == 2
    assert plt.get_fignums() == before


def test_explorer_offers_no_more_queries_than_there_are_and_only_what_is_given(digits):
    few = LabelledImages(digits.queries.images[:7], digits.queries.labels[:7])
    dataset = Dataset(digits.database, few, digits.class_names, "classroom")
    demo = Explorer(dataset, codes={"mine": random_codes_of(dataset)})
    assert demo.choices["left"][1] == demo.choices["right"][1] == ("mine",)
    assert not {"alpha", "L", "centring", "k", "images"} & set(demo.choices)
    assert set(demo.choices["query"][1]) <= set(range(7))
    assert "mean of 7 queries" in demo()[1]
    assert Neighbours(dataset).choices["query"][1] == list(range(7))


def test_explorer_takes_codes_of_your_own_and_scores_all_queries(digits):
    pair = random_codes_of(digits)
    demo = Explorer(digits, codes={"mine": pair, "DSH": pair})
    assert demo.choices["left"][1] == ("mine", "DSH")
    page, alt = demo(left="mine", right="DSH")
    assert "mine: k = 20" in alt and "α" not in alt
    score = mean_average_precision(
        pair[0], digits.queries.labels, pair[1], digits.database.labels, k=10
    )
    assert f"{score:.3f}" in page.page


def test_explorer_needs_codes_of_its_images(digits):
    pair = np.zeros((179, 8), bool), np.zeros((1618, 8), bool)
    message = r"codes\['mine'\] must be codes of at most 64 bits, of 179 queries and of 1618"
    for wrong in (pair[::-1], [np.zeros((len(part), 65), bool) for part in pair]):
        with pytest.raises(ValueError, match=message):
            Explorer(digits, codes={"mine": wrong})
    with pytest.raises(ValueError, match="codes must have the codes of one method or more"):
        Explorer(digits)
