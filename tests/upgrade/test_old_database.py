"""What waits in an old database is done by new code, and what was decided there stays."""

import signal
from typing import Any

from tests.harness.waiting import until
from tests.upgrade.answers import assert_kept, of_dataset
from tests.upgrade.code import Code
from tests.upgrade.installation import Installation
from tests.upgrade.run_folder import RunFolder


def thumbnails(deck: Installation, items: list[dict[str, Any]]) -> list[bytes]:
    return [deck.http.get(item["thumbnail"]).raise_for_status().content for item in items]


def test_a_queue_is_worked_off_and_a_data_set_opens(
    old: Code, new: Code, config: dict[str, Any], deck: Installation
) -> None:
    backend, agent = deck.start_backend(old), deck.start_agent(old)
    clips = config["dataset_base_path"]
    dataset = deck.post("/api/datasets", {"name": "clips", "base_path": clips})["id"]
    deck.post(f"/api/datasets/{dataset}/scan", {"model": "tiny-wan"})
    deck.until_scanned(dataset)
    deck.end(agent)
    items = deck.get(f"/api/datasets/{dataset}/items")["items"]
    deck.post(f"/api/datasets/{dataset}/quarantine", {"items": [items[0]["id"]], "reason": "too dark", "on": True})
    deck.post(f"/api/datasets/{dataset}/captions/trigger", {"word": "sks"})
    short = config | {"max_steps": 2, "sample_prompts": [], "eval_samples": 1}
    run_id = deck.post("/api/runs", {"config": short, "dataset_id": dataset})["id"]
    (deck.folder / "few.csv").write_text("video,prompt\nclip-0.mp4,a square\n")
    few = {"name": "few", "base_path": clips, "metadata_path": str(deck.folder / "few.csv")}
    unscanned = deck.post("/api/datasets", few)["id"]
    deck.post(f"/api/datasets/{unscanned}/scan", {"model": "tiny-wan"})
    before, pictures = of_dataset(deck.get, dataset), thumbnails(deck, items)
    deck.end(backend)

    up = deck.up(new)
    assert_kept(before, of_dataset(deck.get, dataset))
    assert thumbnails(deck, items) == pictures
    deck.until_scanned(unscanned)
    run = RunFolder(deck.logs_dir / run_id)
    until(lambda: (run.path / "state.json").exists(), "the start of the run")
    assert new.runs_in(run.state()["shim_pid"])
    deck.until_state(run_id, "succeeded")
    assert run.encoded_clips(1) == len(items) - 1
    deck.post(f"/api/datasets/{dataset}/undo")
    assert [item["caption"] for item in deck.get(f"/api/datasets/{dataset}/items")["items"]] == [
        item["caption"] for item in items
    ]
    deck.end(up, signal.SIGINT)
