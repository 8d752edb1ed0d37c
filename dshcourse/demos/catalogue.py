"""Every demo of the course, listed once: in which chapter it stands, and what it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from dshcourse.demos.buckets import Buckets
from dshcourse.demos.collisions import Collisions
from dshcourse.demos.design import Design
from dshcourse.demos.epochs import Epochs
from dshcourse.demos.explorer import Explorer
from dshcourse.demos.flipping import Flipping
from dshcourse.demos.margin import Margin
from dshcourse.demos.neighbours import Neighbours
from dshcourse.demos.noise import Noise
from dshcourse.demos.origin import Origin
from dshcourse.demos.outputs import Outputs
from dshcourse.demos.pair import Pair
from dshcourse.demos.random_codes import RandomCodes
from dshcourse.demos.rescoring import Rescoring
from dshcourse.demos.rotation import Rotation
from dshcourse.demos.surface import LossSurface
from dshcourse.demos.ties import Ties
from dshcourse.study.records import load_recorded
from dshlib import codes, data
from dshlib.features import hog
from dshlib.hashers.itq import ITQ
from dshlib.hashers.lsh import RandomProjection
from dshlib.histograms import distance_histogram
from dshlib.metrics import expected_average_precision, mean_average_precision


class Inputs:
    """What demos are made of, each worked out once, when it is first asked for."""

    def __init__(self, dataset):
        self.dataset = dataset

    @cached_property
    def features(self):
        """HOG of queries and database: float32 arrays."""
        return [hog(part.images) for part in (self.dataset.queries, self.dataset.database)]

    @cached_property
    def lsh_codes(self):
        """Codes of queries and database, 64 bits by random projection: bool arrays."""
        hasher = RandomProjection(64, seed=0, center=True).fit(self.features[1])
        return [hasher.encode(vectors) for vectors in self.features]

    @cached_property
    def noise_scores(self):
        """AP@10 out of 10 of every query, for codes of 12 and of 16 bits by two methods."""
        itq = {k: ITQ(k).fit(self.features[1]) for k in (12, 16)}
        pairs = {
            "ITQ": {k: [itq[k].encode(vectors) for vectors in self.features] for k in itq},
            "random hyperplanes": {k: [bits[:, :k] for bits in self.lsh_codes] for k in itq},
        }
        return {
            name: {f"{k} bits": self._average_precision(*both) for k, both in pair.items()}
            for name, pair in pairs.items()
        }

    def _average_precision(self, query_codes, database_codes):
        """AP@10 out of 10 of every query, ties at their expectation: float64 (n_queries,)."""
        queries, database = self.dataset.queries, self.dataset.database
        counts = distance_histogram(
            codes.pack(query_codes), queries.labels, codes.pack(database_codes), database.labels,
            n_bits=query_codes.shape[1], k=10,
        )  # fmt: skip
        n_relevant = (queries.labels[:, None] == database.labels).sum(axis=1)
        return expected_average_precision(*counts, n_relevant, k=10)

    @cached_property
    def classroom(self):
        """The classroom split, of which outputs were recorded."""
        return data.load("classroom")

    @cached_property
    def outputs(self):
        """Recorded outputs of networks, and their record."""
        return [load_recorded(f"outputs-alpha.{kind}") for kind in ("safetensors", "json")]

    @cached_property
    def margins(self):
        """Recorded outputs of networks of seven margins, the queries' labels, and the record."""
        outputs, record = (
            load_recorded(f"outputs-margin.{kind}") for kind in ("safetensors", "json")
        )
        return outputs, self.classroom.queries.labels, record

    @cached_property
    def run(self):
        """The run of chapter 09, half a minute: what Epochs shows."""
        return train_as_in_chapter_09(self.classroom)


@dataclass(frozen=True)
class Entry:
    """A demo of a chapter: `make` takes the Inputs."""

    chapter: str
    kind: type
    make: Callable


DEMOS = (
    Entry("00", RandomCodes, lambda given: RandomCodes()),
    Entry("01", Neighbours, lambda given: Neighbours(given.dataset)),
    Entry("02", Flipping, lambda given: Flipping()),
    Entry("03", Collisions, lambda given: Collisions()),
    Entry("03", Design, lambda given: Design()),
    Entry("04", Origin, lambda given: Origin()),
    Entry("04", Buckets, lambda given: Buckets(given.dataset, *given.features)),
    Entry("05", Ties, lambda given: Ties(given.dataset, *given.lsh_codes)),
    Entry("05", Noise, lambda given: Noise(given.noise_scores)),
    Entry("06", Rotation, lambda given: Rotation(given.dataset, given.features[1].astype(float))),
    Entry("07", Pair, lambda given: Pair()),
    Entry("08", LossSurface, lambda given: LossSurface()),
    Entry(
        "08", Outputs, lambda given: Outputs(given.outputs[0], given.classroom, given.outputs[1])
    ),
    Entry("09", Epochs, lambda given: Epochs(**given.run)),
    Entry("09", Margin, lambda given: Margin(*given.margins)),
    Entry("10", Explorer, lambda given: Explorer(given.dataset)),
    Entry("11", Rescoring, lambda given: Rescoring(given.dataset, *given.features)),
)


def demos_of(chapter, inputs):
    """The demos of a chapter, "04" say, in the order in which it shows them."""
    return [entry.make(inputs) for entry in DEMOS if entry.chapter == chapter]


def train_as_in_chapter_09(dataset, epochs=8, n_bits=12, margin=24):
    """The arguments of Epochs: outputs of the queries and scores after every epoch."""
    import torch  # here: other demos start without it

    from dshlib.networks import small_network
    from dshlib.training import batch_loss, encode_outputs, own_settings, train

    queries, items = dataset.queries, dataset.database
    mean, std = float(items.images.mean()), float(items.images.std())
    q, x = (
        ((torch.tensor(part.images[:, None]).float() - mean) / std).contiguous(
            memory_format=torch.channels_last
        )
        for part in (queries, items)
    )
    torch.manual_seed(0)
    network = small_network(n_bits).to(memory_format=torch.channels_last)
    outputs, scores = [], []

    def record(_=None):
        outputs.append(encode_outputs(network, q))
        signs = codes.binarize(outputs[-1]), codes.binarize(encode_outputs(network, x))
        scores.append(mean_average_precision(signs[0], queries.labels, signs[1], items.labels))

    record()
    with own_settings():
        train(network, x, torch.tensor(items.labels), epochs=epochs, lr=0.003, batch_size=100,
              loss=partial(batch_loss, margin=margin, alpha=0.01), pairs="all",
              generator=torch.Generator().manual_seed(0), after_epoch=record)  # fmt: skip
    return {"outputs": outputs, "labels": queries.labels, "scores": scores, "margin": margin}
