import os
from pathlib import Path

import pytest
import safetensors.torch
import torch

from trainer.cache.latent_cache import Damaged, LatentCache
from trainer.contract.cache.keys import file_key, old_clip_key, text_key
from trainer.contract.shape import Shape
from trainer.data.unusable import Unusable


@pytest.fixture
def cache(tmp_path: Path) -> LatentCache:
    return LatentCache(tmp_path / "cache")


def files(cache: LatentCache) -> list[Path]:
    return [path for path in cache.root.rglob("*") if path.is_file()]


def test_latents_come_back_as_they_were(cache: LatentCache) -> None:
    latents_BCFHW = torch.randn(1, 48, 2, 4, 4)
    assert not cache.has_clip("ab12")
    cache.write_clip("ab12", latents_BCFHW)
    assert cache.has_clip("ab12")
    assert torch.equal(cache.read_clip("ab12"), latents_BCFHW)


def test_a_caption_is_kept_without_its_padding(cache: LatentCache) -> None:
    context_BTD = torch.zeros(1, 512, 64)
    context_BTD[:, :7] = torch.randn(1, 7, 64)
    cache.write_text("ab12", context_BTD)
    assert torch.equal(cache.read_text("ab12"), context_BTD)
    (file,) = files(cache)
    assert file.stat().st_size < 7 * 64 * 4 + 500


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1], lambda content: content[:5], lambda _: b"", lambda _: b"\xff" * 99]
)
def test_a_torn_file_is_not_there(cache: LatentCache, damage: object) -> None:
    cache.write_clip("ab12", torch.randn(1, 48, 2, 4, 4))
    (file,) = files(cache)
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    assert not cache.has_clip("ab12")
    cache.write_clip("ab12", torch.zeros(1))
    assert cache.has_clip("ab12")


def test_a_file_of_something_else_is_not_there(cache: LatentCache) -> None:
    cache.write_clip("ab12", torch.randn(1, 48, 2, 4, 4))
    (file,) = files(cache)
    file.write_bytes(b"\xff" * 99)
    assert not cache.has_clip("ab12")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_flipped_bit_is_found_when_it_is_read(cache: LatentCache, dtype: torch.dtype) -> None:
    cache.write_clip("ab12", torch.randn(1, 48, 2, 4, 4).to(dtype))
    (file,) = files(cache)
    content = bytearray(file.read_bytes())
    content[-100] ^= 4
    file.write_bytes(content)
    assert cache.has_clip("ab12"), "its length is right, and a start reads no more"
    with pytest.raises(Damaged, match="not those that were written") as damaged:
        cache.read_clip("ab12")
    assert damaged.value.key == "ab12"


def test_a_file_of_before_there_were_checksums_is_read(cache: LatentCache) -> None:
    cache.write_clip("ab12", torch.zeros(1))
    safetensors.torch.save_file({"latents_BCFHW": torch.ones(3)}, files(cache)[0])
    assert torch.equal(cache.read_clip("ab12"), torch.ones(3))


@pytest.mark.parametrize("content", [b"", b"torn", safetensors.torch.save({"other": torch.ones(3)})])
def test_what_cannot_be_read_is_damaged(cache: LatentCache, content: bytes) -> None:
    cache.write_clip("ab12", torch.zeros(1))
    files(cache)[0].write_bytes(content)
    with pytest.raises(Damaged):
        cache.read_clip("ab12")


def test_a_note_on_an_unusable_clip(cache: LatentCache) -> None:
    note = Unusable("clip_too_short", "it has 3 frames", "Use a longer one.")
    assert cache.unusable("ab12") is None
    cache.write_unusable("ab12", note)
    assert cache.unusable("ab12") == note
    files(cache)[0].write_bytes(b'{"code": "cl')
    assert cache.unusable("ab12") is None


def test_a_full_disk_leaves_nothing_behind(cache: LatentCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        cache.write_clip("ab12", torch.zeros(1))
    assert files(cache) == []


def test_the_key_changes_with_the_file_and_with_the_size(tmp_path: Path) -> None:
    def key(height: int = 64, width: int = 64, frames: int = 5, is_image: bool = False) -> str:
        return old_clip_key(clip, Shape(height, width, frames), is_image=is_image)

    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"1")
    first = key()
    assert first == key()
    assert len({first, key(height=96), key(width=96), key(frames=9), key(is_image=True), file_key(clip)}) == 6
    os.utime(clip, ns=(1, 1))
    assert key() != first


def test_other_encoders_or_another_format_make_another_cache(tmp_path: Path) -> None:
    vae = tmp_path / "vae.safetensors"
    vae.write_bytes(b"1")
    made = LatentCache.of(tmp_path, "tiny-wan", [vae], torch.float32)
    made.write_clip("ab12", torch.zeros(1))
    assert LatentCache.of(tmp_path, "tiny-wan", [vae], torch.float32).has_clip("ab12")
    assert not LatentCache.of(tmp_path, "tiny-wan", [vae], torch.bfloat16).has_clip("ab12")
    os.utime(vae, ns=(1, 1))
    assert not LatentCache.of(tmp_path, "tiny-wan", [vae], torch.float32).has_clip("ab12")


def test_texts_and_clips_never_share_a_key() -> None:
    assert text_key("a") != text_key("b")
    assert len(text_key("a" * 10_000)) == 32


def test_a_caption_s_entry_tells_how_long_the_caption_is(tmp_path: Path) -> None:
    cache = LatentCache(tmp_path)
    assert cache.caption_tokens("ab12") is None
    cache.write_text("ab12", torch.ones(1, 512, 4), caption_tokens=613)
    assert cache.caption_tokens("ab12") == 613
    assert cache.read_text("ab12").shape == (1, 512, 4), "the checksum is that of the tensors alone"
    cache.write_text("cd34", torch.ones(1, 512, 4))
    assert cache.caption_tokens("cd34") == 0
