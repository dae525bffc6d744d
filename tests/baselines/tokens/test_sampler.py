import json
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.tokens.batch import token_batch
from gonerd_baselines.tokens.order import SeededOrder
from gonerd_baselines.tokens.sampler import PackingSampler
from gonerd_baselines.tokens.token_files import TokenFiles
from gonerd_baselines.tokens.tokenizing import tokenize_texts
from tests.baselines.tokens.sources import train, words, write_lines


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TokenFiles:
    folder = tmp_path_factory.mktemp("sampler")
    tokenizer = train(folder)
    source = write_lines(folder / "texts.jsonl", words(5, 97))
    tokenize_texts([source], folder / "out", tokenizer=str(tokenizer), max_len=80)
    return TokenFiles(folder / "out")


@given(n=st.integers(1, 3000), seed=st.integers(0, 2**70), epoch=st.integers(0, 9))
def test_an_order_has_every_document_once_in_any_pieces(n: int, seed: int, epoch: int) -> None:
    order = SeededOrder(n, seed=seed, epoch=epoch)
    whole = order(0, n)
    assert np.array_equal(np.sort(whole), np.arange(n))
    middle = n // 3
    assert np.array_equal(np.concatenate([order(0, middle), order(middle, n + 5)]), whole)


def test_orders_differ_by_seed_and_epoch_and_look_random() -> None:
    n = 10_000
    orders = [SeededOrder(n, seed=s, epoch=e)(0, n) for s, e in ((0, 0), (0, 1), (1, 0))]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (orders[one] == orders[other]).sum() < 12  # 1 expected
    for order in orders:
        assert abs(np.corrcoef(order, np.arange(n))[0, 1]) < 0.04  # four standard deviations
        assert abs(np.corrcoef(order[1:], order[:-1])[0, 1]) < 0.04
        first = np.bincount(order[:1000] * 10 // n, minlength=10)
        assert ((first - 100) ** 2 / 100).sum() < 28  # chi squared, 9 degrees, p = 0.001
    assert SeededOrder(10, seed=0, epoch=0)(0, 10).tolist() == [6, 4, 2, 5, 8, 3, 7, 1, 0, 9]


@given(workers=st.integers(1, 5), seed=st.integers(0, 99), limit=st.integers(80, 600))
def test_every_document_comes_once_an_epoch_over_all_workers(
    files: TokenFiles, workers: int, seed: int, limit: int
) -> None:
    alone = PackingSampler(files, batch_tokens=limit, seed=seed)
    sequence = []
    while alone.epoch < 2:
        batch = next(alone)
        assert 0 < sum(files.lengths[batch]) <= limit
        sequence.append(batch)
    documents = [number for batch in sequence for number in batch]
    assert sorted(documents[: len(files)]) == list(range(len(files)))
    assert sorted(documents[len(files) :]) == list(range(len(files)))
    rounds = len(sequence) // workers
    shared = [
        list(
            islice(
                PackingSampler(files, batch_tokens=limit, seed=seed, worker=w, workers=workers),
                rounds,
            )
        )
        for w in range(workers)
    ]
    together = [batch for round_ in zip(*shared, strict=True) for batch in round_]
    assert together == sequence[: rounds * workers]


@given(
    before=st.integers(0, 40), after=st.integers(1, 40), workers=st.integers(1, 3), data=st.data()
)
def test_a_sampler_that_resumes_goes_on_like_one_that_never_stopped(
    files: TokenFiles, before: int, after: int, workers: int, data: st.DataObject
) -> None:
    worker = data.draw(st.integers(0, workers - 1))

    def fresh() -> PackingSampler:
        return PackingSampler(files, batch_tokens=200, seed=3, worker=worker, workers=workers)

    running = fresh()
    list(islice(running, before))
    state = json.loads(json.dumps(running.state.as_json()))
    resumed = fresh()
    resumed.resume(state)
    assert resumed.state == running.state
    assert list(islice(resumed, after)) == list(islice(running, after))
    assert resumed.state == running.state


def test_a_state_of_something_else_is_refused(files: TokenFiles) -> None:
    sampler = PackingSampler(files, batch_tokens=200, seed=3)
    state = sampler.state.as_json()
    with pytest.raises(InputError, match=r"state has seed 4, here it is 3"):
        sampler.resume({**state, "seed": 4})
    with pytest.raises(InputError, match=r"state has documents 5, here it is"):
        sampler.resume({**state, "documents": 5})
    with pytest.raises(InputError, match=r"damaged \(epoch 0, place 100000"):
        sampler.resume({**state, "place": 100_000})
    with pytest.raises(InputError, match=r"state is damaged"):
        sampler.resume({"epoch": 0})


def test_a_batch_that_is_too_small_and_a_worker_too_many_are_refused(files: TokenFiles) -> None:
    with pytest.raises(
        ConfigError, match=r"a document of 80 tokens, a batch takes 79; .* --max-len 79"
    ):
        PackingSampler(files, batch_tokens=79, seed=0)
    with pytest.raises(ConfigError, match=r"worker 2 of 2"):
        PackingSampler(files, batch_tokens=80, seed=0, worker=2, workers=2)


def test_a_batch_holds_the_documents_with_positions_of_their_own(files: TokenFiles) -> None:
    documents = next(PackingSampler(files, batch_tokens=300, seed=1))
    batch = token_batch(files, documents)
    assert len(documents) > 2
    assert batch.packing.lengths == tuple(files.lengths[documents].tolist())
    begin = 0
    for place, number in enumerate(documents):
        ids = files.document(number).tolist()
        end = begin + len(ids)
        assert batch.ids[begin:end].tolist() == ids
        assert batch.packing.position[begin:end].tolist() == list(range(len(ids)))
        assert set(batch.packing.document[begin:end].tolist()) == {place}
        begin = end
    assert begin == len(batch.ids) == batch.packing.tokens
