"""What is known of the explorer's methods: recorded codes and scores, or codes that are given."""

from dataclasses import dataclass, replace

from dshcourse.study.records import load_recorded

VOTES, RERANKED = "LSH tables, by votes", "LSH tables, re-ranked"
TABLES = {VOTES: "votes", RERANKED: "euclidean"}  # how they are ranked in Table 1
DSH, EXACT, CLASS_CODE = "DSH, all pairs", "exact HOG search", "class code"
IN_RECORD = {  # other names in Table 3
    "LSH codes": "LSH, HOG", "ITQ": "ITQ, HOG", "SH": "SH, HOG", EXACT: "exact, HOG",
}  # fmt: skip
METHODS = (
    *TABLES, "LSH codes", "ITQ", "SH", "DSH, one pair per image", DSH, CLASS_CODE, EXACT
)  # fmt: skip
FIXED = {EXACT: 0, CLASS_CODE: 4}  # bits of methods without a choice
ALPHA = 0.01  # of a method that was recorded with one alpha


class Unavailable(Exception):
    """Why a method cannot search these images at these values."""


def key_of(part, method, alpha, k):
    """The name of recorded codes, of "queries" or "database", by a method of Table 3."""
    return f"{part}/{method}/{alpha}/{k}"


@dataclass(frozen=True)
class Setting:
    """A method with its values; those that mean nothing to the method are ignored."""

    method: str
    k: int = 12
    L: int = 16
    alpha: float = ALPHA
    centring: str = "on"


class Recorded:
    """Codes and scores of one split by method, as far as they are recorded; none without a split.

    Scores are metrics of `dshcourse.study.conventions`, means over all queries, by what a record
    calls the parameters: (method, alpha, k), or (ranking, L, k) for hash tables.
    """

    def __init__(self, split=None):
        self.arrays, self.scores, self.bits = {}, {}, dict(FIXED)
        if split is None:
            return
        self.arrays = _if_there(f"codes-{split}.safetensors")
        for cell in _if_there(f"table3-{split}.json").get("cells", ()):
            if cell["parameters"]["method"] == IN_RECORD[EXACT]:
                self.scores[IN_RECORD[EXACT], 0, 0] = cell["metrics"]
        for table in ("codes", "tables"):
            for cell in _if_there(f"{table}-{split}.json").get("cells", ()):
                self.scores[tuple(cell["parameters"].values())] = cell["metrics"]

    def add(self, method, n_bits, packed, metrics):
        """Codes that are given, packed, of queries and database, in place of recorded ones."""
        self.bits[method] = n_bits
        for part, codes in zip(("queries", "database"), packed, strict=True):
            self.arrays[key_of(part, _name(method), 0, n_bits)] = codes
        self.scores = {key: m for key, m in self.scores.items() if key[0] != _name(method)}
        self.scores[_name(method), 0, n_bits] = metrics

    def methods(self):
        """The methods that have a score: those of the course first, in its order."""
        known = {key[0] for key in self.scores}
        given = [method for method in self.bits if method not in METHODS]
        return [m for m in METHODS if _name(m) in known] + given

    def alphas(self, method):
        """The weights α with which a method was recorded."""
        named = {key[1] for key in self.scores if key[0] == _name(method)}
        return () if method in TABLES else tuple(sorted(named - {0}))

    def n_bits(self, setting):
        """Bits of a code, or of the key of a table: k, for a method that has the choice."""
        return self.bits.get(setting.method, setting.k)

    def score(self, setting, metric):
        """The mean over all queries, or None if it is not recorded."""
        return self.scores.get(self._parameters(setting), {}).get(metric)

    def curve(self, setting, metric, sizes):
        """Scores by hash size, where there are any; of exact search one, at each size."""
        fixed = self.bits.get(setting.method)
        scores = {
            k: self.score(replace(setting, k=k), metric) for k in sizes if fixed in (None, 0, k)
        }
        return {k: score for k, score in scores.items() if score is not None}

    def pair(self, setting):
        """Packed codes, or vectors, of queries and of the database. Raises Unavailable."""
        keys = self._keys(setting)
        if keys[0] in self.arrays:
            return [self.arrays[key] for key in keys]
        if setting.method == EXACT:
            raise Unavailable("It needs HOG vectors, which are not stored for these images.")
        raise Unavailable(f"No codes of {self.n_bits(setting)} bits are recorded for these images.")

    @property
    def has_vectors(self):
        """Whether exact search and LSH tables can search."""
        return self._keys(Setting(EXACT))[0] in self.arrays

    def _keys(self, setting):
        """What arrays of queries and database are called."""
        return [key_of(part, *self._parameters(setting)) for part in ("queries", "database")]

    def _parameters(self, setting):
        """What the record calls a setting."""
        name, k = _name(setting.method), self.n_bits(setting)
        if setting.method in TABLES:
            return name + (", centred" if setting.centring == "on" else ""), setting.L, k
        alphas = self.alphas(setting.method)
        return name, setting.alpha if setting.alpha in alphas else ALPHA if alphas else 0, k


def _name(method):
    return (TABLES | IN_RECORD).get(method, method)


def _if_there(name):
    """A record, or {} where there is none."""
    try:
        return load_recorded(name)
    except FileNotFoundError:
        return {}
