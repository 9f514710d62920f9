"""What the cache holds is what DiffSynth's own pipeline makes, and ranks share the work without talking."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.harness.runs import write_clip, write_table
from tests.harness.waiting import DEADLINE_S
from trainer.cache.encode import EncodeStage
from trainer.cache.latent_cache import LatentCache
from trainer.contract.cache.keys import old_clip_key
from trainer.contract.config import RunConfig, parse_stored_config
from trainer.contract.rundir import RunDir
from trainer.contract.shape import Shape
from trainer.data.metadata import Row, read_rows
from trainer.distributed.world import World
from trainer.media.clip import read_clip
from trainer.media.fitting import Frames
from trainer.models import ModelSpec
from trainer.models.wan.pipeline import load_dit, load_text_encoder, load_vae
from trainer.models.wan.text import encode_text
from trainer.models.wan.vae import encode_clip
from trainer.supervision.stop import StopWatch
from trainer.telemetry.step_log import StepLog

CPU = torch.device("cpu")


def stage(spec: ModelSpec, config: RunConfig, folder: Path, rank: int = 0, size: int = 1) -> EncodeStage:
    folder.mkdir(exist_ok=True)
    run = RunDir(Path(tempfile.mkdtemp(dir=folder)))
    cache = LatentCache(folder / "cache")
    log = StepLog.open(run.log(1, rank), run_id="run", attempt=1, rank=rank, world_size=size)
    return EncodeStage(config, spec, cache, World(rank, size, rank), CPU, torch.float32, log, StopWatch(run, 1))


@pytest.fixture
def frames(data: Path) -> Frames:
    return read_clip(data / "clip-0.mp4", Shape(64, 64, 9))


@torch.no_grad()
def test_the_first_frames_latents_are_those_of_image_to_video(
    wan: ModelSpec, config: RunConfig, frames: Frames
) -> None:
    from diffsynth.pipelines.wan_video import WanVideoUnit_ImageEmbedderFused

    pipe = load_vae(wan, config, CPU, torch.float32)
    latents_BCFHW = encode_clip(pipe, frames)
    assert latents_BCFHW.shape == (1, 48, 3, 4, 4)
    pipe.dit = load_dit(wan, config, CPU, torch.float32).dit
    unit = WanVideoUnit_ImageEmbedderFused()
    inputs = dict.fromkeys(unit.fetch_input_params()) | {"height": 64, "width": 64, "tiled": False}
    inputs |= {"input_image": Image.fromarray(frames[0]), "latents": torch.zeros_like(latents_BCFHW)}
    made = unit.process(pipe, **inputs)
    assert made["fuse_vae_embedding_in_latents"] is True
    torch.testing.assert_close(made["first_frame_latents"], latents_BCFHW[:, :, 0:1], rtol=0, atol=1e-6)


def test_a_caption_survives_the_cache(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    context_BTD = encode_text(load_text_encoder(wan, config, CPU, torch.float32), "a red ball rolls")
    assert context_BTD.shape[:2] == (1, 512)
    cache = LatentCache(tmp_path)
    cache.write_text("ab", context_BTD)
    assert torch.equal(cache.read_text("ab"), context_BTD)


def test_two_ranks_share_the_work_and_agree(
    wan: ModelSpec, config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # DiffSynth patches torch.nn.Module while it loads a model: threads have to take turns at that.
    lock, rows = threading.Lock(), read_rows(config)[0]

    def one_at_a_time(load: Callable[..., Any]) -> Callable[..., Any]:
        def locked(*given: Any) -> Any:
            with lock:
                return load(*given)

        return locked

    monkeypatch.setattr("trainer.cache.encode.load_vae", one_at_a_time(load_vae))
    monkeypatch.setattr("trainer.cache.encode.load_text_encoder", one_at_a_time(load_text_encoder))
    ranks = [stage(wan, config, tmp_path, rank, 2) for rank in (0, 1)]
    found: dict[int, object] = {}

    def fill(rank: int) -> None:
        found[rank] = ranks[rank].fill(rows, ["a ball"])

    threads = [threading.Thread(target=fill, args=(rank,)) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    clips, rejected = found[0]  # type: ignore[misc]
    assert found[0] == found[1]
    assert [clip.row for clip in clips] == rows
    assert rejected == []
    assert all(ranks[0].cache.has_clip(clip.latents[0]) and ranks[0].cache.has_text(clip.texts[0]) for clip in clips)


def test_nothing_is_made_twice(
    wan: ModelSpec, config: RunConfig, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, _ = read_rows(config)
    stage(wan, config, tmp_path / "a").fill(rows, [])
    again = stage(wan, config, tmp_path / "b")
    again.cache = LatentCache(tmp_path / "a" / "cache")
    monkeypatch.setattr("trainer.cache.encode.load_vae", lambda *_: pytest.fail("the VAE was loaded"))
    monkeypatch.setattr("trainer.cache.encode.load_text_encoder", lambda *_: pytest.fail("the text encoder was loaded"))
    clips, _ = again.fill(rows, [])
    assert len(clips) == 4


def test_the_log_counts_a_clip_once_it_is_in_the_cache(
    wan: ModelSpec, config: RunConfig, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.cache.encode._LOG_EVERY_S", 0.0)
    rows, _ = read_rows(config)
    work = stage(wan, config, tmp_path)
    counted: list[tuple[int | None, int]] = []
    phase = work.log.phase

    def noting(name: str, done: int | None = None, total: int | None = None, item: str | None = None) -> None:
        if name == "cache":
            counted.append((done, len(list((tmp_path / "cache").rglob("*.safetensors"))) - captions))
        phase(name, done, total, item)

    captions = len({row.prompt for row in rows})
    monkeypatch.setattr(work.log, "phase", noting)
    work.fill(rows, [])
    assert all(done == in_cache for done, in_cache in counted), counted
    assert counted[-1] == (4, 4)


def test_a_torn_file_is_made_again(wan: ModelSpec, config: RunConfig, data: Path, tmp_path: Path) -> None:
    rows, _ = read_rows(config)
    clips, _ = stage(wan, config, tmp_path).fill(rows, [])
    cache = LatentCache(tmp_path / "cache")
    before = cache.read_clip(clips[2].latents[0]).clone()
    path = cache._path(clips[2].latents[0])
    path.write_bytes(path.read_bytes()[:-9])
    again = stage(wan, config, tmp_path / "b")
    again.cache = cache
    again.fill(rows, [])
    assert torch.equal(cache.read_clip(clips[2].latents[0]), before)


def test_bad_clips_are_named_and_the_good_ones_kept(wan: ModelSpec, config: RunConfig, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "good.mp4")
    write_clip(folder / "short.mp4", frames=3)
    (folder / "broken.mp4").write_bytes(b"\0" * 999)
    Image.new("RGB", (64, 64)).save(folder / "image.mp4", format="PNG")
    names = ["good", "short", "broken", "image", "good"]
    write_table(folder, [(f"{name}.mp4", f"it is {name}") for name in names])
    config = config.model_copy(update={"dataset_base_path": str(folder)})
    rows, _ = read_rows(config)
    clips, rejected = stage(wan, config, tmp_path).fill(rows, [])
    assert [clip.row.line for clip in clips] == [2, 6]
    assert clips[0].latents == clips[1].latents, "one file, one encoding"
    assert clips[0].texts == clips[1].texts
    assert [(row.line, row.code) for row in rejected] == [
        (3, "clip_too_short"),
        (4, "clip_unreadable"),
        (5, "not_a_video"),
    ]


def test_a_rank_does_not_wait_for_ever(
    wan: ModelSpec, config: RunConfig, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.cache.encode.PEERS_IDLE_LIMIT_S", 0.2)
    rows: list[Row] = read_rows(config)[0]
    with pytest.raises(Exception, match="other ranks have cached nothing"):
        stage(wan, config, tmp_path, rank=1, size=2).fill(rows, [])


def of_data(config: RunConfig, folder: Path, **settings: Any) -> RunConfig:
    return config.model_copy(update={"dataset_base_path": str(folder), **settings})


def test_a_data_set_that_moved_is_not_encoded_anew(
    wan: ModelSpec, config: RunConfig, data: Path, tmp_path: Path
) -> None:
    before, _ = stage(wan, config, tmp_path).fill(read_rows(config)[0], [])
    shutil.copytree(data, tmp_path / "moved")
    moved = of_data(config, tmp_path / "moved")
    again = stage(wan, moved, tmp_path, rank=0)
    after, _ = again.fill(read_rows(moved)[0], [])
    assert again.encoded == 0
    assert [clip.latents for clip in after] == [clip.latents for clip in before]


def test_a_file_replaced_in_place_is_encoded_anew(
    wan: ModelSpec, config: RunConfig, data: Path, tmp_path: Path
) -> None:
    """Of the same size and time, which is all that version 0.1 looked at."""
    path = tmp_path / "clips" / "clip-0.mp4"
    shutil.copytree(data, path.parent)
    config = of_data(config, path.parent)
    rows, _ = read_rows(config)
    before, _ = stage(wan, config, tmp_path).fill(rows, [])
    status, content = path.stat(), path.read_bytes()
    other = (data / "clip-1.mp4").read_bytes()[: len(content)].ljust(len(content), b"\0")
    path.write_bytes(other)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = stage(wan, config, tmp_path)
    after, rejected = again.fill(rows, [])
    assert before[0].latents not in [clip.latents for clip in after]
    assert again.encoded + len(rejected) == 1


@pytest.mark.parametrize(
    ("sides", "is_old", "encoded"),
    [((64, 64), False, 0), ((96, 96), False, 1), ((96, 96), True, 0)],
    ids=["a picture that is the same", "one that is scaled", "one of a run that has begun with it"],
)
def test_entries_of_version_0_1_are_used_where_their_picture_is_the_same(
    wan: ModelSpec, config: RunConfig, tmp_path: Path, sides: tuple[int, int], is_old: bool, encoded: int
) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "a.mp4", height=sides[0], width=sides[1])
    write_table(folder, [("a.mp4", "a square")])
    config = of_data(config, folder)
    if is_old:
        stored = config.model_dump(mode="json")
        del stored["frame_rate"]
        config = parse_stored_config(stored)
    work = stage(wan, config, tmp_path)
    (shape,) = config.shapes
    key = old_clip_key(folder / "a.mp4", shape, is_image=False)
    work.cache.write_clip(key, torch.zeros(1, 48, (shape.frames + 3) // 4, shape.height // 16, shape.width // 16))
    clips, _ = work.fill(read_rows(config)[0], [])
    assert work.encoded == encoded
    assert (clips[0].latents == (key,)) == (encoded == 0)


def test_what_could_not_be_read_for_the_moment_is_tried_again(
    wan: ModelSpec, config: RunConfig, data: Path, tmp_path: Path
) -> None:
    """A pipe in a file's place: who opens it waits, as for a disk that does not answer."""
    path = tmp_path / "clips" / "clip-0.mp4"
    shutil.copytree(data, path.parent)
    config = of_data(config, path.parent, file_limit_s=1.0)
    rows, _ = read_rows(config)
    content = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    for attempt, usable in (("run/1", 3), ("run/2", 4)):
        work = stage(wan, config, tmp_path)
        work.cache.attempt = attempt
        clips, rejected = work.fill(rows, [])
        assert len(clips) == usable
        assert [row.code for row in rejected] == ["clip_unreadable"] * (4 - usable)
        if path.is_fifo():
            path.unlink()
            path.write_bytes(content)


def test_long_clips_give_several_samples_or_parts_to_draw_from(
    wan: ModelSpec, config: RunConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "a.mp4", frames=30)
    write_table(folder, [("a.mp4", "a square")])
    for selection, samples, parts in (("first", 1, 1), ("chunks", 6, 1), ("random", 1, 4)):
        chosen = of_data(config, folder, frame_selection=selection)
        clips, _ = stage(wan, chosen, tmp_path).fill(read_rows(chosen)[0], [])
        assert len(clips) == samples
        assert {len(clip.latents) for clip in clips} == {parts}
        assert len({key for clip in clips for key in clip.latents}) == samples * parts
