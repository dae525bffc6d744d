import numpy as np
import pytest

from gonerd.adapters import AdapterOptions
from gonerd.adapters.length_policy import length_policy_from_options
from gonerd.adapters.subwords import Subwords
from gonerd.errors import ConfigError, InputError


def policy_of(limit: int | None, usual: int | None, **options):
    return length_policy_from_options(
        AdapterOptions(**options), limit=limit, usual=usual, special=2
    )


def text_of(length: int) -> Subwords:
    return Subwords(list(range(length)), np.arange(length), np.arange(length))


def test_a_model_with_a_limit_is_windowed_and_one_without_reads_whole() -> None:
    policy = policy_of(512, 512)
    assert (policy.mode, policy.max_len, policy.stride) == ("window", 512, 446)
    assert len(policy.windows(text_of(510), "a")) == 1
    assert len(policy.windows(text_of(511), "a")) == 2
    endless = policy_of(None, None)
    assert (endless.mode, endless.max_len, endless.stride) == ("native", None, None)
    assert len(endless.windows(text_of(9999), "a")) == 1
    assert endless.windows(text_of(0), "a") == []


def test_the_tail_beyond_4096_is_windowed_too() -> None:
    windows = policy_of(4096, 4096).windows(text_of(5000), "a")
    assert [len(window) for window in windows] == [2756, 2756]


def test_what_was_asked_for_is_done() -> None:
    policy = policy_of(512, 128, max_len=256, stride=200)
    assert [w.start for w in policy.windows(text_of(600), "a")] == [0, 182, 364]
    assert policy_of(512, 128).max_len == 128
    assert policy_of(512, 128, policy="native").max_len == 512
    cut = policy_of(512, 512, policy="truncate", max_len=102)
    assert [len(w) for w in cut.windows(text_of(600), "a")] == [100]


def test_a_text_that_is_to_be_read_whole_and_is_too_long_is_refused() -> None:
    policy = policy_of(512, 512, policy="native")
    assert len(policy.windows(text_of(510), "a")) == 1
    with pytest.raises(InputError) as problem:
        policy.windows(text_of(511), "a7")
    assert str(problem.value) == (
        "document 'a7' has 513 subwords, the model reads 512 at once; "
        "expected --policy window or truncate"
    )


@pytest.mark.parametrize(
    ("limit", "options", "said"),
    [
        (512, {"max_len": 513}, "--max-len is 513, the model reads 512 subwords at most"),
        (512, {"max_len": 2}, "--max-len is 2, which leaves no room beside 2 special subwords"),
        (512, {"stride": 511}, "--stride is 511; expected 1 to 510"),
        (512, {"stride": 0}, "--stride is 0; expected 1 to 510"),
        (512, {"policy": "native", "max_len": 9}, "native reads texts whole and has no use for --max-len"),
        (512, {"policy": "native", "stride": 9}, "native reads texts whole and has no use for --stride"),
        (512, {"policy": "truncate", "stride": 9}, "truncate reads one window and has no use for --stride"),
        (None, {"policy": "window"}, "the model reads any length, so --policy window needs --max-len"),
        (None, {"policy": "truncate"}, "so --policy truncate needs --max-len"),
    ],
)  # fmt: skip
def test_options_that_contradict_the_model_are_refused(
    limit: int | None, options: dict, said: str
) -> None:
    with pytest.raises(ConfigError) as problem:
        policy_of(limit, limit, **options)
    assert said in str(problem.value)
