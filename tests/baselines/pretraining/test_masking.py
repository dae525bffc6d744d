import pytest
import torch

from gonerd.dataset.tokenizer_files import TokenizerFiles, tokenizer_files
from gonerd.errors import ConfigError, InputError
from gonerd_baselines.pretraining.masking import Masking, MaskingConfig
from gonerd_baselines.tokens.encoding import text_encoder
from tests.baselines.tokens.sources import train, words
from tests.places import SHARED_DATA, needs

IGNORED = -100


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TokenizerFiles:
    folder = tmp_path_factory.mktemp("masking")
    train(folder)
    return tokenizer_files(folder / "tokenizer")


@pytest.fixture(scope="module")
def ids(files: TokenizerFiles) -> torch.Tensor:
    encoder = text_encoder(files)
    rows = [row for rows in encoder.rows(words(1, 2000)) for _, row in rows]
    return torch.tensor([i for row in rows for i in row])


def masked(
    files: TokenizerFiles, ids: torch.Tensor, config: MaskingConfig, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    special = text_encoder(files).special.values()
    return Masking(config, files, special)(ids, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("whole_words", [False, True])
@pytest.mark.parametrize("share", [0.15, 0.4])
def test_so_many_are_guessed_and_replaced_as_was_asked(
    files: TokenizerFiles, ids: torch.Tensor, share: float, whole_words: bool
) -> None:
    read, labels = masked(files, ids, MaskingConfig(share=share, whole_words=whole_words))
    encoder = text_encoder(files)
    special = torch.isin(ids, torch.tensor(list(encoder.special.values())))
    chosen = labels != IGNORED
    assert torch.equal(labels[chosen], ids[chosen])
    assert not (chosen & special).any()
    assert torch.equal(read[~chosen], ids[~chosen])
    found = chosen.sum() / (~special).sum()
    assert float(found) == pytest.approx(share, abs=0.015)
    mask = encoder.special["<mask>"]
    kept = read[chosen] == ids[chosen]
    assert float((read[chosen] == mask).float().mean()) == pytest.approx(0.8, abs=0.02)
    # Of a small vocabulary, some of the random ones are what was there.
    assert float(kept.float().mean()) == pytest.approx(0.1, abs=0.02)
    assert not torch.isin(read[chosen & (read != mask)], torch.tensor([0, 1, 2, 3])).any()


def test_words_are_masked_whole(files: TokenizerFiles, ids: torch.Tensor) -> None:
    tokenizer = files.tokenizer()
    _, labels = masked(files, ids, MaskingConfig(share=0.3, whole_words=True))
    begins = [
        (tokenizer.id_to_token(int(i)) or "").startswith(("Ġ", "<")) or int(before) in (0, 2)
        for i, before in zip(ids, [2, *ids[:-1]], strict=True)
    ]
    inside = ~torch.tensor(begins)
    assert inside.sum() > 1000
    chosen = labels != IGNORED
    assert torch.equal(chosen[1:][inside[1:]], chosen[:-1][inside[1:]])


def test_the_same_seed_masks_the_same(files: TokenizerFiles, ids: torch.Tensor) -> None:
    one, two, other = (masked(files, ids, MaskingConfig(), seed)[1] for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


@needs(SHARED_DATA / "tokenizers" / "bert-base-uncased")
def test_wordpiece_marks_what_goes_on() -> None:
    files = tokenizer_files(SHARED_DATA / "tokenizers" / "bert-base-uncased")
    encoder = text_encoder(files)
    row = next(encoder.rows(["unbelievable electroencephalography"] * 1))[0][1]
    tokens = [files.tokenizer().id_to_token(i) for i in row]
    assert sum(token.startswith("##") for token in tokens) > 2
    masking = Masking(MaskingConfig(share=0.5, whole_words=True), files, encoder.special.values())
    for seed in range(20):
        _, labels = masking(torch.tensor(row), torch.Generator().manual_seed(seed))
        chosen = (labels != IGNORED).tolist()
        for place, token in enumerate(tokens):
            if token.startswith("##"):
                assert chosen[place] == chosen[place - 1]


@needs(SHARED_DATA / "tokenizers" / "gpt2")
def test_a_tokenizer_without_a_mask_is_refused() -> None:
    files = tokenizer_files(SHARED_DATA / "tokenizers" / "gpt2")
    with pytest.raises(InputError, match=r"gpt2 has no mask; expected <mask> or \[MASK\] in it"):
        Masking(MaskingConfig(), files, [])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"share": 0.0}, "share is 0.0, expected more than 0"),
        ({"masked": 0.95, "random": 0.1}, "expected 1 together at most"),
    ],
)
def test_shares_that_make_no_sense_are_refused(settings: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        MaskingConfig(**settings)
