"""`loradeck demo`: Loradeck, a data set of real clips, and a run of the tiny model on it, queued over REST."""

import time
from typing import Any

import httpx

from loradeck.up import Loradeck, say_where
from services.backend.settings import Settings
from trainer.contract.messages import Message, message, sentence
from trainer.contract.problem import Problem
from trainer.telemetry.progress import duration, phase_line, training_line

PRESET = "tiny-wan"
ENDED = ("succeeded", "stopped", "failed", "lost")
LOOK_S = 0.25


def demo(settings: Settings, leave: bool) -> int:
    """Stay up until Ctrl-C, or with `leave` until the run has ended. Returns 1 if `leave` and it did not succeed."""
    clips = settings.state_dir / "demo-clips"
    deck = Loradeck(settings.model_copy(update={"data_roots": (*settings.data_roots, clips)}))
    began = time.monotonic()
    try:
        deck.start()
        from loradeck.demo_clips import cut_clips  # it imports PyAV: while backend and agent start

        cut_clips(clips)
        deck.wait_until_up()
        if deck.asked_to_leave:
            return 1 if leave else 0
        say_where(deck)
        api = Api(deck)
        api.call("POST", "/api/datasets", {"name": "Demo clips", "base_path": str(clips)})
        presets = {preset["id"]: preset for preset in api.call("GET", "/api/presets")}
        config = {**presets[PRESET]["config"], "name": "demo", "dataset_base_path": str(clips)}
        run_id = api.call("POST", "/api/runs", {"config": config})["id"]
        print(sentence("command.demo_address", url=f"{deck.server}/run/?id={run_id}"), flush=True)
        run = attend(deck, api, run_id, began)
        succeeded = run is not None and run["state"] == "succeeded"
        if not leave and not deck.asked_to_leave:
            deck.line.say(sentence("command.demo_stays"))
            deck.stay()
        return 0 if succeeded or not leave else 1
    finally:
        deck.end()


def attend(deck: Loradeck, api: "Api", run_id: str, began: float) -> dict[str, Any] | None:
    """Show the run's progress until it has ended; the first Ctrl-C asks it to stop, the second leaves (None)."""
    stop_sent = False
    first_step = False
    while deck.asked_to_leave < 2:
        deck.look_after()
        if deck.asked_to_leave and not stop_sent and api.try_call("POST", f"/api/runs/{run_id}/stop"):
            stop_sent = True
            deck.line.say(sentence("command.demo_stop_sent"))
        run = api.try_call("GET", f"/api/runs/{run_id}")
        if run is not None:
            if run["step"] and not first_step:
                first_step = True
                deck.line.say(sentence("command.demo_first_step", took=duration(time.monotonic() - began)))
            deck.line.show(describe(run))
            if run["state"] in ENDED:
                took = sentence("command.demo_took", took=duration(time.monotonic() - began))
                deck.line.say(f"{result(run)} {took}")
                return run
        time.sleep(LOOK_S)
    return None


def describe(run: dict[str, Any]) -> str:
    """The progress line of a run as the API tells it."""
    phase = run["phase"]
    if run["state"] == "running" and phase is not None and phase["phase"] in ("sample", "save", "eval"):
        return phase_line(phase["phase"], phase["done"], phase["total"], phase["item"])
    if run["state"] in ("running", "stopping") and run["step"]:
        line = training_line(
            run["step"], run["total_steps"], run["last"].get("train/loss"), run["seconds_per_step"], run["seconds_left"]
        )
        return line if run["state"] == "running" else sentence("command.demo_stopping", progress=line)
    if run["state"] == "preparing" and phase is not None:
        return phase_line(phase["phase"], phase["done"], phase["total"], phase["item"])
    return str(run["state"])


def result(run: dict[str, Any]) -> str:
    """Say how a run has ended, as the API tells it."""
    loss = run["last"].get("eval/loss")
    parts = [sentence("command.demo_ended", step=run["step"], state=run["state"])]
    if loss is not None:
        parts.append(sentence("command.demo_loss", loss=loss))
    if run["message"]:
        parts.append(run["message"])
    return " ".join(parts)


class Api:
    """The REST API, as a client outside would use it."""

    def __init__(self, deck: Loradeck) -> None:
        self._http = deck.http

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Raises: Problem with the server's own words."""
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Problem(message("backend.no_answer", error=error)) from None
        if not answer.is_success:
            fault = answer.json()
            raise Problem(Message(fault["code"], fault["message"], fault["hint"]), fault.get("field"))
        return answer.json()

    def try_call(self, method: str, path: str) -> dict[str, Any] | None:
        """None where it was refused, and while the backend is away: it is started again."""
        try:
            answer = self._http.request(method, path)
        except httpx.HTTPError:
            return None
        found: dict[str, Any] | None = answer.json() if answer.is_success else None
        return found
