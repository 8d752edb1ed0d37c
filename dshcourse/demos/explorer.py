"""The retrieval explorer: one query, two methods, and what the record says of both. Chapter 10."""

import html
import time
from dataclasses import dataclass

import numpy as np

from dshcourse.demos.comparison import NO_NEIGHBOUR, Page, curves, found_list, page, reason, table
from dshcourse.demos.recorded import CLASS_CODE, DSH, EXACT, RERANKED, TABLES, Setting, Unavailable
from dshcourse.demos.searches import Searches
from dshcourse.demos.widget import Demo, query_pictures
from dshcourse.figures import grey_map, picture
from dshlib import data

BITS = (4, 8, 12, 16, 24, 32, 48, 64)
N_TABLES = (1, 2, 4, 8, 16)
ALPHAS = (0.005, 0.01, 0.1)
SCORINGS = {"as the slides score it": "slides", "AP@10 out of 10": "min"}
PER_CLASS = 2  # pictures of queries to choose from
MOST_PICTURES = 20
REPEATS = 3  # searches, of which the fastest is told
COSTS = (
    "right among these ten", "codes (or buckets of a table) in use", "images in the largest",
    "candidates examined", "bytes per image, ids not counted",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """What one method shows: HTML, its alt text, and what was found, if anything."""

    html: str
    alt: str
    found: object = None
    n_right: int | None = None


class Explorer(Demo):
    """Ten neighbours of a query by each of two methods, with their scores and costs.

    Parameters: dataset, a dshlib.data.Dataset (None: the classroom split, and all images as a
    choice if they are on this machine); codes, dict from the name of a method to its codes of all
    queries and of the database, bool (n, n_bits), as encode returns them. Of the course's own
    splits there are also the codes that `python -m tools.record_codes` recorded. Scores are means
    over all queries: recorded ones, or those of the codes that are given.
    Raises ValueError if codes are not of as many images, or if there is nothing to show.
    """

    height = "660px"

    def __init__(self, dataset=None, codes=None):
        first = data.load("classroom") if dataset is None else dataset
        self.loaders = {_size(first): lambda: first}
        if dataset is None and data.has_full():
            self.loaders["all 60,000"] = lambda: data.load("full")
        self.given, self.loaded = codes, {}
        here = self.searches(_size(first)).recorded
        names = here.methods()
        if not names:
            raise ValueError("codes must have the codes of one method or more for this data set")
        self.cmap, self.n_queries = grey_map(first.database.images), len(first.queries)
        left = RERANKED if RERANKED in names else names[0]
        right = DSH if DSH in names else names[-1]
        self.shown_queries = self._first_of_each_class(first)
        choices = {
            "images": ("images", tuple(self.loaders), _size(first)),
            "left": ("left", tuple(names), left),
            "right": ("right", tuple(names), right),
            "k": ("hash size k", BITS, 12),
            "L": ("LSH tables L", N_TABLES, 16),
            "alpha": ("weight α (DSH)", ALPHAS, 0.01),
            "centring": ("centring (LSH)", ("on", "off"), "on"),
            "scoring": ("score", tuple(SCORINGS), "AP@10 out of 10"),
            "query": ("query", self.shown_queries, self.shown_queries[0]),
        }
        needless = {"images"} if len(self.loaders) == 1 else set()
        needless |= set() if set(names) & set(TABLES) else {"L", "centring"}
        needless |= set() if here.alphas(DSH) else {"alpha"}
        needless |= set() if set(names) - set(here.bits) else {"k"}
        self.others = {name: choices[name][2] for name in needless}
        self.choices = {name: choice for name, choice in choices.items() if name not in needless}

    def _first_of_each_class(self, dataset):
        """Numbers of the first queries of each class, class by class."""
        labels = dataset.queries.labels
        numbers = [
            q for label in np.unique(labels) for q in np.flatnonzero(labels == label)[:PER_CLASS]
        ]
        return tuple(int(q) for q in numbers[:MOST_PICTURES])

    def searches(self, images):
        """The searches in these images, read when they are first asked for."""
        if images not in self.loaded:
            given = None if self.loaded else self.given  # they are of the first data set
            self.loaded[images] = Searches(self.loaders[images](), given)
        return self.loaded[images]

    def allowed(self, name):
        """Any image can be the query: -1 - id, if it is one of the database."""
        if name != "query":
            return super().allowed(name)
        n_images = max(len(searches.labels) for searches in self.loaded.values())
        return range(-n_images, self.n_queries)

    def pictures(self, name):
        """Queries are chosen by their pictures."""
        if name != "query":
            return {}
        first = self.searches(next(iter(self.loaders))).dataset
        return query_pictures(first, self.shown_queries)

    def unused(self, **values):
        """The choices that neither method has."""
        values = self.others | values
        methods, reasons = {values["left"], values["right"]}, {}
        if methods <= {EXACT, CLASS_CODE}:
            reasons["k"] = "both methods have a fixed size"
        recorded = self.searches(values["images"]).recorded
        if not methods & set(TABLES):
            reasons |= dict.fromkeys(("L", "centring"), "only for LSH tables")
        elif not recorded.has_vectors:
            reasons |= dict.fromkeys(("L", "centring"), "these images have no LSH tables")
        if DSH not in methods:
            reasons["alpha"] = f"only for {DSH}"
        elif len(alphas := recorded.alphas(DSH)) == 1:
            reasons["alpha"] = f"only {alphas[0]} is recorded"
        return {name: reason for name, reason in reasons.items() if name in self.choices}

    def draw(self, **values):
        """The two methods side by side: a Page."""
        return self._page(with_time=False, **values)

    def live(self, **values):
        """The same, with the time that a search takes on this computer."""
        return self._page(with_time=True, **values)

    def _page(self, with_time, **values):
        values = self.others | values
        searches, query = self.searches(values["images"]), values["query"]
        if -1 - query >= len(searches.labels):  # an image that only the larger data set has
            query = self.shown_queries[0]
        settings = [
            Setting(values[which], *(values[name] for name in ("k", "L", "alpha", "centring")))
            for which in ("left", "right")
        ]
        columns = [self._column(searches, setting, query) for setting in settings]
        scores = [searches.recorded.score(at, SCORINGS[values["scoring"]]) for at in settings]
        plot, plot_alt = self._curves(searches, settings, values["scoring"])
        rows = _rows(searches, columns, scores, values["scoring"])
        words = _who_is_ahead(settings, scores)
        kind = searches.dataset.class_names[searches.label(query)]
        asked = f"query {query}" if query >= 0 else f"image {-1 - query} of the database"
        asked += f", among {len(searches.labels):,} images"
        described = "; ".join(f"{what}: {left}, {right}" for what, left, right in rows)
        alt = f"{kind}, {asked}. {columns[0].alt} {columns[1].alt} {words} {described}. {plot_alt}"
        if with_time:
            times = [_time(searches, setting, query) for setting in settings]
            rows.append(("time of this search here", *times))
        top = picture(searches.image(query), f"The query: {kind}", self.cmap)
        top += f"<p><strong>{html.escape(str(kind))}</strong><br/>{asked}</p>"
        costs = table([setting.method for setting in settings], rows)
        return Page(page(top, [column.html for column in columns], plot, costs), alt, words)

    def _column(self, searches, setting, query):
        """What a method finds for the query, or why it cannot search."""
        title = _title(setting, searches)
        try:
            found = searches.search(setting, query)
        except Unavailable as error:
            return Column(reason(title, str(error)), f"{title}: {error}")
        names, labels = searches.dataset.class_names, searches.labels[found.ids]
        right = labels == searches.label(query)
        words = [
            f"{names[i]}, {'right' if r else 'wrong'}" for i, r in zip(labels, right, strict=True)
        ]
        values = [-1 - int(i) for i in found.ids]
        pairs = zip(values, words, strict=True)
        images = [picture(searches.image(value), alt, self.cmap) for value, alt in pairs]
        listed = found_list(title, values, images, [names[i] for i in labels], right, found)
        told = f"{right.sum()} of {len(right)} are right. In order: {'; '.join(words)}."
        alt = f"{title}: {told if words else NO_NEIGHBOUR}"
        return Column(listed, alt, found, int(right.sum()))

    def _curves(self, searches, settings, scoring):
        """Score against hash size, at the present values of the other choices."""
        recorded = searches.recorded
        own = {recorded.n_bits(setting) for setting in settings}
        sizes = sorted({*own, *(BITS if "k" in self.choices else ())} - {0})
        scores = [recorded.curve(setting, SCORINGS[scoring], sizes) for setting in settings]
        rings = [recorded.n_bits(setting) for setting in settings]
        return curves([setting.method for setting in settings], scores, sizes, rings, scoring)


def _size(dataset):
    return f"{len(dataset.database):,} ({dataset.name})"


def _title(setting, searches):
    """A method with the values that it has."""
    k = searches.recorded.n_bits(setting)
    parts = [f"k = {k}"] if k else []
    if setting.method in TABLES:
        parts += [f"L = {setting.L}", f"centring {setting.centring}"]
    if len(searches.recorded.alphas(setting.method)) > 1:
        parts.append(f"α = {setting.alpha}")
    return ": ".join([setting.method, ", ".join(parts)] if parts else [setting.method])


def _rows(searches, columns, scores, scoring):
    """The rows of the table of scores and costs: (what, left, right)."""
    n = len(searches.labels)
    rows = [[_score(score), *[""] * len(COSTS)] for score in scores]
    for row, column in zip(rows, columns, strict=True):
        if (found := column.found) is not None:
            row[1:] = (
                f"{column.n_right} of {len(found.ids)}",
                "no codes" if found.in_use is None else f"{found.in_use:,.0f}",
                "no codes" if found.largest is None else f"{found.largest:,}",
                f"{found.candidates:,} ({found.candidates / n:.1%})",
                f"{found.bytes_per_image:,}",
            )
    what = [f"{scoring}, mean of {len(searches.dataset.queries):,} queries", *COSTS]
    return list(zip(what, *rows, strict=True))


def _who_is_ahead(settings, scores):
    """One line: which method has the better score."""
    names = [setting.method for setting in settings]
    if None in scores:
        missing = dict.fromkeys(n for n, score in zip(names, scores, strict=True) if score is None)
        return f"No score is recorded of {' or '.join(missing)}."
    if settings[0] == settings[1] or _score(scores[0]) == _score(scores[1]):
        return f"Both score {_score(scores[0])}."
    best = scores[1] > scores[0]
    return f"{names[best]} is ahead: {_score(scores[best])} against {_score(scores[not best])}."


def _score(score):
    return "not recorded" if score is None else f"{score:.3f}"


def _time(searches, setting, query):
    """How long a search takes, the fastest of some."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        try:
            searches.search(setting, query)
        except Unavailable:
            return ""
        seconds.append(time.perf_counter() - start)
    return f"{1000 * min(seconds):.1f} ms"
