"""Captions of one tokenizer are never taken for another's, and a cache of before is used as it is."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.trainer.cache.test_encode import stage
from trainer.cache import encode
from trainer.cache.latent_cache import LatentCache
from trainer.contract.cache.keys import text_key
from trainer.contract.cache.tokenizer import NOT_HERE, digest_of, of_keys
from trainer.contract.config import RunConfig
from trainer.data.metadata import read_rows
from trainer.models import ModelSpec
from trainer.models.wan.pipeline import load_text_encoder
from trainer.models.wan.text import encode_text

OWN = Path(encode.__file__).parents[1] / "models" / "tiny_wan" / "weights" / "tokenizer"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Make a tokenizer that takes tiny-wan's words for other ones."""
    folder = tmp_path / "other"
    shutil.copytree(OWN, folder)
    content = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = content["model"]["vocab"]
    if isinstance(vocabulary, dict):
        content["model"]["vocab"] = dict(zip(vocabulary, reversed(vocabulary.values()), strict=True))
    else:
        scores = [score for _, score in vocabulary]
        content["model"]["vocab"] = [
            [word, score] for (word, _), score in zip(vocabulary, reversed(scores), strict=True)
        ]
    (folder / "tokenizer.json").write_text(json.dumps(content))
    return folder


def key_of_before(prompt: str) -> str:
    """The key of a caption before tokenizers were told apart."""
    return hashlib.blake2b(json.dumps(["text", prompt]).encode(), digest_size=16).hexdigest()


def test_the_keys_of_the_model_s_own_tokenizer_are_those_of_before(tmp_path: Path, other: Path) -> None:
    note = tmp_path / "cache" / "tokenizer.json"
    assert text_key("a fox", of_keys(note, OWN, None)) == key_of_before("a fox")
    shutil.copytree(OWN, tmp_path / "copy")
    assert of_keys(note, OWN, tmp_path / "copy") == ""
    (tmp_path / "copy" / "tokenizer_config.json").unlink()
    assert of_keys(note, OWN, tmp_path / "copy") == "", "the vocabulary decides"
    assert of_keys(note, OWN, other) == digest_of(other)
    assert text_key("a fox", digest_of(other)) not in (key_of_before("a fox"), text_key("a fox", digest_of(OWN)))


def test_the_model_s_own_may_be_somewhere_else(tmp_path: Path, other: Path) -> None:
    """A folder given for a model whose own tokenizer was never fetched: what it begins with keeps the plain keys."""
    note = tmp_path / "cache" / "tokenizer.json"
    assert of_keys(note, None, OWN) == ""
    assert of_keys(note, None, other) == digest_of(other)
    assert of_keys(note, None, None) == NOT_HERE, "it may be another one than was given"
    assert of_keys(note, OWN, None) == ""
    assert of_keys(note, other, None) == digest_of(other)


def test_the_model_s_own_needs_no_note(tmp_path: Path, other: Path) -> None:
    note = tmp_path / "cache" / "tokenizer.json"
    assert of_keys(note, None, None) == of_keys(note, OWN, None) == of_keys(note, None, None) == ""
    assert of_keys(note, OWN, other) == digest_of(other)
    assert not note.exists(), "a cache of before stays as it is"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_note_that_cannot_be_read_is_written_again(tmp_path: Path, content: str) -> None:
    note = tmp_path / "tokenizer.json"
    note.write_text(content)
    assert of_keys(note, None, OWN) == ""
    assert json.loads(note.read_bytes()) == {"digest": digest_of(OWN)}


def test_other_kinds_of_tokenizers_are_told_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, words in ((one, b"a"), (two, b"b")):
        folder.mkdir()
        (folder / "vocab.json").write_bytes(words)
    assert digest_of(one) != digest_of(two)
    for folder in (one, two):
        (folder / "spiece.model").write_bytes(b"the same")
    assert digest_of(one) == digest_of(two)


def test_a_cache_of_before_is_used_and_another_tokenizer_s_captions_are_not(
    wan: ModelSpec, config: RunConfig, tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, _ = read_rows(config)
    before = LatentCache.of(tmp_path, config.model, encode.encoder_files(wan, config), torch.float32)
    pipe = load_text_encoder(wan, config, torch.device("cpu"), torch.float32)
    for row in rows:
        before.write_text(key_of_before(row.prompt), encode_text(pipe, row.prompt))
    with_other = config.model_copy(update={"tokenizer_path": str(other)})
    changed = stage(wan, with_other, tmp_path)
    changed.cache = encode.open_cache(tmp_path, wan, with_other, torch.float32)
    clips, _ = changed.fill(rows, [])
    assert not {clip.texts[0] for clip in clips} & {key_of_before(row.prompt) for row in rows}
    prompt = rows[0].prompt
    old, new = before.read_text(key_of_before(prompt)), changed.cache.read_text(clips[0].texts[0])
    assert not torch.equal(old, new)

    monkeypatch.setattr("trainer.cache.encode.load_text_encoder", lambda *_: pytest.fail("the text encoder was loaded"))
    own = stage(wan, config, tmp_path / "again")
    own.cache = encode.open_cache(tmp_path, wan, config, torch.float32)
    clips, _ = own.fill(rows, [])
    assert [clip.texts[0] for clip in clips] == [key_of_before(row.prompt) for row in rows]
    assert own.caption_tokens == {row.prompt: 0 for row in rows}, "an entry of before does not tell"
