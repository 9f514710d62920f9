"""A large data set that was scanned, in several shapes."""

import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from services.backend.datasets.manifest.manifest import Manifest, put
from services.backend.planning import dataset_table, plan
from services.backend.planning.samples import Kind, Kinds, Samples, of_number
from services.backend.planning.schemas import PlanRequest
from services.backend.planning.step_time import Machine
from services.backend.planning.workload import workload_of
from tests.backend.planning.test_request import IMAGES, ROWS, V100
from trainer.contract.config import parse_config
from trainer.contract.plan.buckets import Buckets
from trainer.contract.shape import Shape

BUCKETS = ["480x832x49", "480x832x81", "832x480x49", "640x640x17"]
CONFIG = {
    "model": "wan2.2-ti2v-5b",
    "dataset_base_path": "/data",
    "buckets": BUCKETS,
    "dataset_repeat": 10,
    "num_epochs": 5,
    "num_processes": 2,
    "validation_clips": 0,
}


def scanned(path: Path, sizes: list[Shape]) -> Samples:
    """A manifest of a file of each size, as a scan has measured it."""
    manifest = Manifest.new(path)
    with manifest.write() as sql:
        put(sql, base="/data")
        for number, (height, width, frames) in enumerate(sizes):
            file = f"/data/{number}.{'jpg' if frames == 1 else 'mp4'}"
            sql.execute(
                "INSERT INTO item VALUES (?, ?, ?, ?, 'a bird', 'a bird', ?, 1, 1, ?, 1, NULL, NULL, 0, NULL, 0)",
                (number, number, file, file, frames == 1, number),
            )
            sql.execute(
                "INSERT INTO media (key, task, damage, message, container, codec, rotation, height, width, frames,"
                " is_done, scanner) VALUES (?, '', '', '', '', '', 0, ?, ?, ?, 1, 1)",
                (number, height, width, frames),
            )
    with manifest.read() as sql:
        found = dataset_table.of_manifest(sql)
    manifest.close()
    return found


def made_up(count: int, images: int) -> list[Shape]:
    """Sizes as of photos, of which hardly two are the same, and of films."""
    chance = random.Random(1)
    photos = [Shape(chance.randint(600, 4000), chance.randint(600, 4000), 1) for _ in range(images)]
    films = [(1280, 720), (1920, 1080), (720, 1280), (1080, 1080), (640, 480)]
    videos = [Shape(*chance.choice(films), chance.randint(10, 500)) for _ in range(count - images)]
    return [*photos, *videos]


def test_each_clip_is_counted_where_the_trainer_puts_it(tmp_path: Path) -> None:
    sizes = made_up(2_000, 800)
    config = parse_config(CONFIG)
    asked, machine = PlanRequest(config=CONFIG), Machine("host", V100, 2, None)
    found = plan.plan(asked, config, plan.PlanInputs(scanned(tmp_path / "1.db", sizes), machine, [], tmp_path))
    possible = {is_image: Buckets.of(config, is_image=is_image) for is_image in (False, True)}
    chosen = {is_image: found.choose(np.array(sizes)) for is_image, found in possible.items()}
    placed = [(size, possible[size.frames == 1].shapes[chosen[size.frames == 1][at]]) for at, size in enumerate(sizes)]
    long_enough = Counter(str(shape) for size, shape in placed if size.frames >= shape.frames)
    assert {bucket.shape: bucket.samples for bucket in found.buckets} == long_enough
    assert found.is_exact
    assert [left.rows for left in found.samples.left_out] == [2_000 - long_enough.total()]


def test_a_scanned_data_set_of_170180_rows_is_planned_in_50_ms(tmp_path: Path) -> None:
    samples = scanned(tmp_path / "1.db", made_up(ROWS, IMAGES))
    known = plan.PlanInputs(samples, Machine("host", V100, 2, None), [], tmp_path)
    asked, config = PlanRequest(config=CONFIG, seconds_per_step=5), parse_config(CONFIG)
    took = []
    for _ in range(10):
        began = time.thread_time()
        found = plan.plan(asked, config, known)
        took.append(time.thread_time() - began)
    assert found.is_exact
    assert sorted(took)[5] < 0.05, took


@pytest.mark.parametrize(
    ("selection", "samples", "latents"),
    [({}, 2, 1), ({"frame_selection": "random"}, 2, 4), ({"frame_selection": "chunks"}, 8, 4)],
)
def test_a_file_s_latents_are_counted_once_in_however_many_rows_it_is(
    selection: dict[str, str], samples: int, latents: int
) -> None:
    of_two_rows = Samples(
        rows=2,
        left_out={},
        doubtful=0,
        captions=2,
        characters=20,
        kinds=Kinds.of([Kind(False, Shape(480, 832, 200), 24.0)]),
        files=np.zeros(1, np.int64),
        repeats=np.array([2]),
        order=np.zeros(1, np.int64),
        names=np.zeros(1, "V16"),
        paths=np.zeros(1, np.int64),
    )
    settings = {"dataset_base_path": "/", "num_frames": 49, "validation_clips": 0, "frame_rate": "source"} | selection
    shape = Shape(480, 832, 49)
    work = workload_of(parse_config(settings), of_two_rows, 1)
    assert work.parts == {shape: (samples,)}
    assert work.cached == {shape: latents}
    guessed = workload_of(parse_config(settings), of_number(100), 1)
    assert guessed.parts == {shape: (100,)}
    assert guessed.cached == {shape: 400 if selection.get("frame_selection") == "random" else 100}
