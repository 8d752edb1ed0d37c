"""The demos of the chapters, as each chapter makes them, for pages that have no kernel."""

from functools import partial

import torch

from dshcourse import demos
from dshcourse.study.records import load_recorded
from dshlib import codes
from dshlib.data import load
from dshlib.features import hog
from dshlib.hashers.lsh import RandomProjection
from dshlib.metrics import mean_average_precision
from dshlib.networks import small_network
from dshlib.training import batch_loss, encode_outputs, threads, train

EPOCHS, N_BITS, MARGIN = 12, 12, 24  # of the run in chapter 09


def chapter_demos():
    """Dict from the number of a chapter to its demos, in the order in which it shows them."""
    data = load("classroom")
    Q, X = hog(data.queries.images), hog(data.database.images)
    hasher = RandomProjection(n_bits=64, seed=0, center=True).fit(X)
    outputs, record = (load_recorded(f"outputs-alpha.{kind}") for kind in ("safetensors", "json"))
    return {
        "00": [demos.RandomCodes()],
        "01": [demos.Neighbours(data)],
        "02": [demos.Flipping()],
        "03": [demos.Collisions()],
        "04": [demos.Buckets(data, Q, X)],
        "05": [demos.Ties(data, hasher.encode(Q), hasher.encode(X))],
        "06": [demos.Rotation(data, X.astype(float))],
        "07": [demos.Pair()],
        "08": [demos.LossSurface(), demos.Outputs(outputs, data, record)],
        "09": [_epochs(data)],
        "10": [demos.Explorer(data)],
        "11": [demos.Rescoring(data, Q, X)],
    }


def _epochs(data):
    """The run of chapter 09 again, about 15 seconds; its outputs and scores after every epoch."""
    queries, items = data.queries, data.database
    mean, std = float(items.images.mean()), float(items.images.std())
    q, x = (
        ((torch.tensor(part.images[:, None]).float() - mean) / std).contiguous(
            memory_format=torch.channels_last
        )
        for part in (queries, items)
    )
    torch.manual_seed(0)
    network = small_network(N_BITS).to(memory_format=torch.channels_last)
    outputs = []

    def record(_=None):
        outputs.append((encode_outputs(network, q), encode_outputs(network, x)))

    record()
    with threads(1):
        train(network, x, torch.tensor(items.labels), epochs=EPOCHS, lr=0.003, batch_size=100,
              loss=partial(batch_loss, margin=MARGIN, alpha=0.01), pairs="all",
              generator=torch.Generator().manual_seed(0), after_epoch=record)  # fmt: skip
    scores = [
        mean_average_precision(codes.binarize(b), queries.labels, codes.binarize(a), items.labels)
        for b, a in outputs
    ]
    return demos.Epochs([b for b, _ in outputs], queries.labels, scores, margin=MARGIN)
