from pathlib import Path
from urllib.parse import quote

import pytest

from services.backend.runs import artifacts
from tests.harness.backend import Backend, LogFile
from trainer.contract import events


@pytest.fixture(scope="module")
def run(shared: Backend) -> Path:
    folder = shared.folder("filled")
    log = LogFile(folder).header()
    (folder / "checkpoints" / "step-2").mkdir(parents=True)
    (folder / "samples").mkdir()
    (folder / "checkpoints" / "step-2" / "lora.safetensors").write_bytes(bytes(range(256)) * 40)
    (folder / "samples" / "a bird.mp4").write_bytes(b"video")
    (folder / "samples" / "page.html").write_text("<script>alert(1)</script>")
    (folder / "samples" / "link.txt").symlink_to("/etc/passwd")
    (folder / "samples" / "out").symlink_to(folder.parent)
    (folder / "config.json").write_text("{}")
    log.write(events.Sample, step=2, path="samples/a bird.mp4", prompt="a bird", seed=7)
    log.write(events.Checkpoint, step=1, path="checkpoints/step-1", lora="checkpoints/step-1/lora.safetensors")
    log.write(
        events.Checkpoint, step=2, path="checkpoints/step-2", lora="checkpoints/step-2/lora.safetensors", bytes=10240
    )
    log.write(events.Checkpoint, step=3, path="checkpoints/step-3", lora="../../../etc/passwd")
    log.step(3)
    shared.wait_for("filled", step=3)
    return folder


def test_samples_are_listed_with_their_urls(shared: Backend, run: Path) -> None:
    (sample,) = shared.get("/api/runs/filled/samples")
    assert sample["url"] == "/api/runs/filled/files/samples/a%20bird.mp4"
    assert (sample["what"], sample["seed"], sample["step"]) == ("lora", 7, 2)
    answer = shared.http.get(sample["url"])
    assert (answer.content, answer.headers["content-type"]) == (b"video", "video/mp4")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_checkpoints_are_listed_and_those_rotated_away_have_no_url(shared: Backend, run: Path) -> None:
    found = shared.get("/api/runs/filled/checkpoints")
    assert [checkpoint["step"] for checkpoint in found] == [1, 2, 3]
    assert [checkpoint["lora_url"] for checkpoint in found] == [
        None,
        "/api/runs/filled/files/checkpoints/step-2/lora.safetensors",
        None,
    ]
    assert found[1]["bytes"] == 10240
    assert [checkpoint["eval_loss"] for checkpoint in found] == [None, None, None]


def test_a_checkpoint_tells_how_it_was_evaluated(shared: Backend) -> None:
    folder = shared.folder("evaluated")
    log = LogFile(folder).header()
    contents = [b'{"eval/loss": 0.25}', b"{", b'{"eval/loss": NaN}']
    for step, content in enumerate(contents, start=1):
        (folder / f"checkpoints/step-{step}").mkdir(parents=True)
        (folder / f"checkpoints/step-{step}/evaluation.json").write_bytes(content)
        log.write(events.Checkpoint, step=step, path=f"checkpoints/step-{step}")
    log.write(events.Checkpoint, step=4, path="../evaluated/checkpoints/step-1/../../..")
    log.step(4)
    shared.wait_for("evaluated", step=4)
    found = shared.get("/api/runs/evaluated/checkpoints")
    assert [checkpoint["eval_loss"] for checkpoint in found] == [0.25, None, None, None]


def test_checkpoints_that_made_room_for_later_ones_are_not_listed(shared: Backend) -> None:
    folder = shared.folder("pruned")
    log = LogFile(folder).header()
    for step, removed in ((1, ()), (2, ()), (3, ("checkpoints/step-1", "checkpoints/step-2")), (4, ())):
        log.write(events.Checkpoint, step=step, path=f"checkpoints/step-{step}", removed=removed)
    log.step(4)
    shared.wait_for("pruned", step=4)
    assert [checkpoint["step"] for checkpoint in shared.get("/api/runs/pruned/checkpoints")] == [3, 4]


def test_a_download_is_named_and_can_be_resumed(shared: Backend, run: Path) -> None:
    url = "/api/runs/filled/files/checkpoints/step-2/lora.safetensors"
    whole = shared.http.get(url, params={"download": 1})
    assert whole.content == (run / "checkpoints/step-2/lora.safetensors").read_bytes()
    assert whole.headers["content-disposition"] == 'attachment; filename="filled-step-2-lora.safetensors"'
    part = shared.http.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert shared.http.get(url, headers={"Range": "bytes=99999-"}).status_code == 416
    assert "content-disposition" not in shared.http.get(url).headers


def test_a_page_among_the_samples_cannot_act(shared: Backend, run: Path) -> None:
    answer = shared.http.get("/api/runs/filled/files/samples/page.html")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    "path",
    [
        "config.json",
        "1.jsonl",
        "samples/../config.json",
        "samples/%2e%2e/config.json",
        "samples/..%2fconfig.json",
        "samples/..",
        "../filled/config.json",
        "/etc/passwd",
        "samples/link.txt",
        "samples/out/filled/config.json",
        "samples/a%00b",
        "checkpoints/../../filled/1.jsonl",
        "samples\\..\\config.json",
    ],
)
def test_only_samples_and_checkpoints_are_handed_out(shared: Backend, run: Path, path: str) -> None:
    answer = shared.http.get(f"/api/runs/filled/files/{path}")
    assert answer.status_code in (403, 404), answer.text
    assert set(answer.json()) == {"code", "message", "hint", "field"}
    with pytest.raises(artifacts.Forbidden):
        artifacts.resolve(run, path.replace("%2e", ".").replace("%2f", "/").replace("%00", "\0"))


@pytest.mark.parametrize("path", ["samples", "samples/none.mp4", f"samples/{'x' * 300}", "checkpoints/step-2"])
def test_what_is_no_file_is_not_found(shared: Backend, run: Path, path: str) -> None:
    answer = shared.http.get(f"/api/runs/filled/files/{quote(path)}")
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


def test_a_run_id_is_no_path(shared: Backend, run: Path) -> None:
    for run_id in ("..", "%2e%2e", "..%2flogs%2ffilled"):
        assert shared.http.get(f"/api/runs/{run_id}/files/samples/page.html").status_code == 404


def test_a_log_is_read_by_its_end_and_in_pieces(shared: Backend, run: Path) -> None:
    lines = [f"line {n} ä" for n in range(1000)]
    (run / "1.log").write_text("\n".join(lines) + "\n")
    size = (run / "1.log").stat().st_size
    end = shared.get("/api/runs/filled/log", limit=100)
    assert end["text"].startswith("line 9")
    assert end["text"].endswith("line 999 ä\n")
    assert (end["next_offset"], end["size"], end["attempt"]) == (size, size, 1)
    assert end["offset"] + len(end["text"].encode()) == size

    text, offset = "", 0
    while offset < size:
        piece = shared.get("/api/runs/filled/log", offset=offset, limit=333)
        assert piece["offset"] == offset
        assert piece["text"].endswith("\n")
        text += piece["text"]
        offset = piece["next_offset"]
    assert text.splitlines() == lines
    beyond = shared.get("/api/runs/filled/log", offset=size + 50)
    assert (beyond["offset"], beyond["text"]) == (size, "")


def test_a_log_is_any_bytes(shared: Backend, run: Path) -> None:
    (run / "2.log").write_bytes(b"\xff\xfe no end")
    assert shared.get("/api/runs/filled/log", attempt=2)["text"] == "\ufffd\ufffd no end"
    (run / "3.log").write_bytes(b"")
    assert shared.get("/api/runs/filled/log", attempt=3)["text"] == ""


def test_last_words(tmp_path: Path) -> None:
    assert artifacts.last_words(tmp_path / "none.log") == ""
    log = tmp_path / "1.log"
    log.write_bytes(b"first\n" * 2000 + b"\n\nTraceback\n  \nError: \xff " + b"x" * 500 + b"\n\n")
    assert artifacts.last_words(log).splitlines()[-2] == "Traceback"
    assert len(artifacts.last_words(log).splitlines()[-1]) == 300
