"""The web explorer: a page of static files that searches 6,000 images in any browser.

python -m publish.build_web [FOLDER]

FOLDER, build/web if none is given, gets the page of publish/web and the data that it reads:
recorded codes, packed; labels; sheets of pictures; the network that hashes a visitor's own picture.
It works at any address that serves files. It must be served: browsers load no modules from a file.
"""

import argparse
import gzip
import json
import re
import shutil
from pathlib import Path

import jinja2
import numpy as np
import torch
from PIL import Image

from dshcourse.console import any_character
from dshcourse.demos.explorer import BITS
from dshcourse.demos.recorded import DSH as ALL_PAIRS
from dshcourse.demos.recorded import EXACT, TABLES, Recorded, Setting
from dshlib import DSH, average_precision, load, rank
from dshlib.codes import binarize, pack
from dshlib.places import shipped
from tools.chapters import ROOT

PAGE = ROOT / "publish" / "web"
ICON = ROOT / "publish" / "site" / "_static" / "icon.svg"
ORT = ROOT / "publish" / "node_modules" / "onnxruntime-web" / "dist"
ORT_SCRIPTS = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs")
ORT_RUNTIME = "ort-wasm-simd-threaded.wasm"  # a quarter as large when it is packed
ROWS = ("LSH codes", "ITQ", ALL_PAIRS)  # always shown; one of the others beside them
IN_WORDS = {
    "LSH codes": "random hyperplanes",
    "ITQ": "a learned rotation",
    "SH": "waves along the main axes",
    "DSH, one pair per image": "a network trained on fewer pairs",
    ALL_PAIRS: "a trained network",
    "class code": "four bits that name a class",
}
NETWORK = "dsh-12"  # of data/models
FIRST_BITS = 12  # and "SH" are shown first: what the page needs for it is loaded first
FIRST_BESIDE = "SH"
PER_CLASS = 10  # queries to choose from
N_NEIGHBOURS = 10
SHEET, COLUMNS = 1000, 40  # pictures of the database in a file, and in a row of it
QUALITY = 50  # of the database's pictures; those of the queries are exact
OPSET = 18


def build(folder):
    """Write the page and its data into a folder, which may hold an older one."""
    folder = Path(folder)
    write_files(folder)
    (folder / "index.html").write_text(page("index.html"), encoding="utf-8")


def write_files(folder):
    """Write what the page reads: modules, style, data and network.

    Raises FileNotFoundError if npm's files are not there.
    """
    if not ORT.exists():
        raise FileNotFoundError(f"{ORT} is not there: `make site` fetches it")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "network").mkdir(exist_ok=True)
    for path in [ICON, *PAGE.glob("*.js"), *PAGE.glob("*.css")]:
        shutil.copy(path, folder)
    dataset = load("classroom")
    write_network(folder / "network", dataset.database.images)
    network_bytes = sum(path.stat().st_size for path in (folder / "network").iterdir())
    index = write_data(folder / "data", dataset, Recorded("classroom"))
    index |= {"networkBytes": network_bytes}
    (folder / "data" / "index.json").write_text(json.dumps(index), encoding="utf-8")


def write_data(folder, dataset, recorded):
    """Write codes and pictures. Returns what else the page knows of them, for its index."""
    queries = chosen_queries(dataset.queries.labels)
    codes = recorded_codes(recorded)
    for (method, k), (query_codes, database_codes) in codes.items():
        parts = [as_bytes(part, k) for part in (database_codes, query_codes[queries])]
        (folder / f"{slug(method)}-{k}.bin").write_bytes(b"".join(parts))
    first = first_query(dataset, queries, codes)
    shown = first_neighbours(dataset, first, codes)
    write_pictures(folder, dataset, queries, shown)
    return {
        "classes": dataset.class_names,
        "labels": "".join(map(str, dataset.database.labels)),  # a digit each
        "queries": queries.tolist(),
        "queryLabels": dataset.queries.labels[queries].tolist(),
        "sizes": BITS,
        "rows": ROWS,
        "methods": [described(method, recorded, codes) for method in recorded_methods(recorded)],
        "first": {"query": first, "bits": FIRST_BITS, "beside": slug(FIRST_BESIDE)},
        "shown": shown.tolist(),
        "sheet": [SHEET, COLUMNS],
    }


def page(template, base=""):
    """HTML: "index.html", or "explorer.html", the part of it that another page can take in.

    `base` is the way from that page to what write_files() wrote, empty or with a slash behind.
    """
    codes = [f"data/{slug(method)}-{FIRST_BITS}.bin" for method in (*ROWS, FIRST_BESIDE)]
    needed = {
        "": [f"{name}.js" for name in ("data", "rank", "state", "view", "picture")],
        "image": ["data/first.webp"],
        "fetch": ["data/index.json", *codes],
    }
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(PAGE), autoescape=True)
    return templates.get_template(template).render(base=base, needed=needed)


def slug(method):
    """The name of a method in addresses: "DSH, all pairs" is dsh-all-pairs."""
    return re.sub(r"\W+", "-", method.lower())


def recorded_methods(recorded):
    """The methods that have codes, in the order of the course."""
    return [m for m in recorded.methods() if m not in (*TABLES, EXACT)]


def recorded_codes(recorded):
    """(method, k): codes of queries and of database, packed; of one size if there is no choice."""
    settings = [Setting(m, k) for m in recorded_methods(recorded) for k in BITS]
    return {(s.method, recorded.n_bits(s)): recorded.pair(s) for s in settings}


def described(method, recorded, codes):
    """What the page says of a method, with its mean score over all queries at each size."""
    sizes = [k for name, k in codes if name == method]
    return {
        "name": method,
        "slug": slug(method),
        "words": IN_WORDS[method],
        "scores": {k: recorded.score(Setting(method, k), "min") for k in sizes},
    }


def as_bytes(codes, n_bits):
    """Packed codes in as few bytes as hold n_bits, the lowest bits first."""
    columns = codes.astype(codes.dtype.newbyteorder("<"))[:, None].view(np.uint8)
    return columns[:, : -(-n_bits // 8)].tobytes()


def chosen_queries(labels):
    """The numbers of the first queries of each class, one of each class after the other."""
    by_class = [np.flatnonzero(labels == label)[:PER_CLASS] for label in np.unique(labels)]
    return np.stack(by_class, axis=1).ravel()


def first_query(dataset, queries, codes):
    """The number of the query whose scores are nearest to the means: the least surprising one."""
    truth, labels = dataset.queries.labels[queries], dataset.database.labels
    n_relevant = np.bincount(labels)[truth]
    far = 0
    for method in ROWS:
        query_codes, database_codes = codes[method, FIRST_BITS]
        ids, _ = rank(query_codes[queries], database_codes, N_NEIGHBOURS)
        relevant = labels[ids] == truth[:, None]
        scores = average_precision(relevant, N_NEIGHBOURS, n_relevant=n_relevant)
        far = far + (scores - scores.mean()) ** 2
    return int(queries[np.argmin(far)])


def first_neighbours(dataset, query, codes):
    """The images of the database that are shown at first."""
    found = []
    for method in (*ROWS, FIRST_BESIDE):
        query_codes, database_codes = codes[method, FIRST_BITS]
        found.append(rank(query_codes[query : query + 1], database_codes, N_NEIGHBOURS)[0])
    return np.unique(found)


def write_pictures(folder, dataset, queries, shown):
    """Sheets of pictures, dark on white: the first has queries and what is shown at first."""
    images = dataset.database.images
    first = np.concatenate([dataset.queries.images[queries], images[shown]])
    sheet(first).save(folder / "first.webp", lossless=True, quality=75, method=6)
    for number, start in enumerate(range(0, len(images), SHEET)):
        part = sheet(images[start : start + SHEET])
        part.save(folder / f"images-{number}.webp", quality=QUALITY, method=6)


def sheet(images):
    """Pictures in rows of COLUMNS, and white where there are no more of them."""
    n, height, width = images.shape
    padded = np.full((-(-n // COLUMNS) * COLUMNS, height, width), 255, np.uint8)
    padded[:n] = 255 - images
    rows = padded.reshape(-1, COLUMNS, height, width).swapaxes(1, 2)
    return Image.fromarray(rows.reshape(-1, COLUMNS * width))


class Scaled(torch.nn.Module):
    """A hasher's network in float32, from grey values 0–255, (n, 1, height, width), to outputs."""

    def __init__(self, hasher):
        super().__init__()
        self.network = hasher.network_.eval().to(memory_format=torch.contiguous_format)
        self.mean, self.std = hasher.pixel_mean_, hasher.pixel_std_

    def forward(self, images):
        return self.network((images - self.mean) / self.std)

    def outputs(self, images):
        """Outputs of images, uint8 (n, height, width), as an array."""
        with torch.inference_mode():
            return self(torch.from_numpy(images.astype(np.float32))[:, None]).numpy()


def shipped_network():
    """The network that comes with the course, as the page runs it."""
    return Scaled(DSH.load(shipped("models") / f"{NETWORK}.safetensors")).eval()


def write_network(folder, images):
    """What runs a network in a browser, the network as ONNX, and its codes of the database."""
    for name in ORT_SCRIPTS:
        shutil.copy(ORT / name, folder)
    packed = gzip.compress((ORT / ORT_RUNTIME).read_bytes(), mtime=0)
    (folder / "runtime.bin").write_bytes(packed)
    network = shipped_network()
    torch.onnx.export(
        network, (torch.zeros(2, 1, *images.shape[1:]),), folder / "network.onnx",
        input_names=["images"], output_names=["outputs"],
        dynamic_shapes={"images": {0: torch.export.Dim("n", min=1, max=4096)}},
        opset_version=OPSET, dynamo=True, external_data=False, verbose=False,
    )  # fmt: skip
    codes = binarize(network.outputs(images))
    (folder / "codes.bin").write_bytes(as_bytes(pack(codes), codes.shape[1]))


@any_character()
def main(arguments=None):
    parser = argparse.ArgumentParser(
        "python -m publish.build_web", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "web")
    build(parser.parse_args(arguments).folder)


if __name__ == "__main__":
    main()
