"""Estimate how long the rest of a scan takes, by how long each kind of job has taken lately."""

from collections.abc import Mapping

_RECENT = 300
"""About so many jobs of a kind count."""

FIRST_S = {
    "captions": 0.0002,
    "headers of videos": 0.015,
    "headers of images": 0.003,
    "frames of videos": 0.12,
    "frames of images": 0.02,
}
"""Seconds a job of each kind, until some have been done."""


class TimeLeft:
    """Average the times of `workers` processes that work side by side."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._mean_s = dict(FIRST_S)
        self._seen = dict.fromkeys(FIRST_S, 0)

    def record(self, kind: str, took_s: float, jobs: int = 1) -> None:
        """Record that `jobs` of a kind took a worker so many seconds in all."""
        self._seen[kind] = min(_RECENT, self._seen[kind] + jobs)
        self._mean_s[kind] += (took_s / jobs - self._mean_s[kind]) * min(1.0, jobs / self._seen[kind])

    def left_s(self, left: Mapping[str, int]) -> float:
        """Estimate the seconds for so many jobs of each kind."""
        return sum(jobs * self._mean_s[kind] for kind, jobs in left.items()) / self._workers
