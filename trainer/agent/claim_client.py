"""Claim work from the backend over HTTP, telling it what is alive here."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import msgspec

from trainer.contract.token import TOKEN, TOKEN_FILE

CLAIM_LIMIT_S = 5.0
REFUSED_S = 60.0
"""A refused token is shown again no sooner: the backend limits how often wrong ones may come from one address."""


class Assignment(msgspec.Struct):
    """Name the work that the backend answers a claim with: an attempt of a run, or a task."""

    run_id: str = ""
    attempt: int = 0
    task_id: str = ""


@dataclass(frozen=True)
class Reply:
    """Tell how a claim went. `reached`: the backend took it. `trouble`: a sentence on what is wrong, or empty."""

    assignment: Assignment | None = None
    reached: bool = False
    trouble: str = ""


class ClaimClient:
    """Ask one backend for work, under the name `agent_id` and with a token if there is one. For one thread."""

    def __init__(self, server: str, agent_id: str, token: str | None = None) -> None:
        self._agent_id = agent_id
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=server, timeout=CLAIM_LIMIT_S, trust_env=False, headers=headers)
        self._refused = Reply()
        self._claims_from = 0.0

    def claim(self, gpus: Sequence[str], alive: Sequence[str], tasks: Sequence[str]) -> Reply:
        """Ask for work, saying which GPUs are here and which runs and tasks are alive. Raises nothing."""
        if time.monotonic() < self._claims_from:
            return self._refused
        claim = {"agent_id": self._agent_id, "host": socket.gethostname(), "gpus": gpus, "alive": alive, "tasks": tasks}
        try:
            answer = self._http.post("/api/agents/claim", json=claim)
        except httpx.HTTPError as error:
            trouble = f"The backend at {self._http.base_url} does not answer ({type(error).__name__}); asking on."
            return Reply(trouble=trouble)
        if answer.status_code == 204:
            return Reply(reached=True)
        if answer.status_code == 200:
            return self._assigned(answer.content)
        if answer.status_code == 401:
            self._claims_from = time.monotonic() + REFUSED_S
            self._refused = Reply(trouble=self._token_refused())
            return self._refused
        if answer.status_code == 429:
            return Reply(trouble=self._too_many_tries())
        return Reply(trouble=f"The backend refused the claim with {answer.status_code}: {answer.text[:300]}")

    def close(self) -> None:
        self._http.close()

    def _assigned(self, content: bytes) -> Reply:
        try:
            return Reply(msgspec.json.decode(content, type=Assignment), reached=True)
        except msgspec.MsgspecError as error:
            trouble = f"What answers at {self._http.base_url} does not speak this version's protocol: {error}"
            return Reply(reached=True, trouble=trouble)

    def _token_refused(self) -> str:
        return (
            f"The backend at {self._http.base_url} does not take this agent's token: set {TOKEN} "
            f"or {TOKEN_FILE} to the backend's, and start the agent again."
        )

    def _too_many_tries(self) -> str:
        return (
            f"The backend at {self._http.base_url} got too many wrong tokens from this address, and takes "
            "none for a while: end what sends them; asking on."
        )
