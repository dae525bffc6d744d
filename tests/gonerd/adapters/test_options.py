import pytest

from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.errors import ConfigError, InputError

OPTIONS = AdapterOptions()


def test_a_model_kind_that_is_not_installed_is_named() -> None:
    with pytest.raises(
        ConfigError,
        match=r"no adapter is called 'magic'; expected one of .*gonerd.*, preds, .*rules, spacy",
    ):
        adapter_from_spec("magic:x", OPTIONS)
    with pytest.raises(
        InputError, match="spacy:en_nowhere is neither an installed pipeline nor a folder"
    ):
        adapter_from_spec("spacy:en_nowhere", OPTIONS)
    with pytest.raises(ConfigError, match="rules takes no argument"):
        adapter_from_spec("rules:hard", OPTIONS)


@pytest.mark.parametrize(
    ("spec", "options", "option"),
    [
        ("rules", AdapterOptions(max_len=512), "--max-len, found 512"),
        ("rules", AdapterOptions(device="cuda"), "--device, found cuda"),
        ("preds:x", AdapterOptions(batch_size=2), "--batch-size, found 2"),
        ("spacy:x", AdapterOptions(max_len=512), "--max-len, found 512"),
    ],
)
def test_an_option_that_a_model_has_no_use_for_is_refused_and_never_recorded(
    spec: str, options: AdapterOptions, option: str
) -> None:
    with pytest.raises(ConfigError, match=f"has no use for {option}"):
        adapter_from_spec(spec, options)
