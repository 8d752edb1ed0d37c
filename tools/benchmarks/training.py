"""12-bit DSH: a step of 100 images, and an epoch of 60,000; torch's own number of threads."""

import torch

from dshcourse.study.conventions import code_scores
from dshlib.hashers.dsh import DSH
from dshlib.networks import paper_network, small_network
from dshlib.training import _batches, batch_loss, forward
from tools.benchmarks.inputs import full
from tools.benchmarks.timing import medians, show


def run():
    step, peers_step = _step(small_network, "all", forward), _step(paper_network, "siamese")
    (ours, theirs), runs = medians(step, peers_step)
    show("step: small network, all pairs", ours, runs, "paper's, siamese, float32", theirs)
    queries, database = full().queries, full().database
    hasher = DSH(12, epochs=1, n_threads=torch.get_num_threads())
    (seconds,), runs = medians(lambda: hasher.fit(database.images, database.labels))
    show("epoch: fit of all images", seconds, runs, limit=10)
    codes, query_codes = hasher.encode(database.images), hasher.encode(queries.images)
    score = code_scores(query_codes, queries.labels, codes, database.labels)["retrieved"]
    print(f"its AP@10 out of hits, ties expected: {score:.4f}; above .7650: {score > 0.7650}")


def _step(build, pairs, outputs_of=torch.nn.Module.__call__):
    """A function that makes one step of training on the first 100 images."""
    network = build(12).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.003)
    labels = torch.tensor(full().database.labels[:100])
    batch = next(_batches(labels, 100, pairs, torch.Generator().manual_seed(0)))
    images = torch.tensor(full().database.images[:100, None])[batch["images"]] / 255
    images = images.to(memory_format=torch.channels_last)

    def step():
        optimizer.zero_grad()
        batch_loss(outputs_of(network, images), batch, margin=24, alpha=0.01).backward()
        optimizer.step()

    return step
