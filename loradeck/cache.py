"""`loradeck cache`: what the latent cache holds, which runs use it, and how it is made smaller."""

import argparse
import time
from pathlib import Path

from services.backend.planning.cache_request import CACHE
from services.backend.planning.text import format_bytes
from services.backend.settings import Settings
from trainer.contract.cache import eviction, limit
from trainer.contract.cache.eviction import Evicted, Folder
from trainer.contract.messages import sentence

SHOWN_RUNS = 10


def cache(args: argparse.Namespace, settings: Settings) -> int:
    """List the cache or, with a limit, evict what was used longest ago. Raises: Problem, OSError."""
    place = settings.logs_dir / CACHE
    limit_bytes = limit.parse(args.limit_gb) if args.limit_gb is not None else settings.cache_bytes
    if args.limit_gb is None and not args.dry_run:
        _print_folders(place, eviction.survey(place), limit_bytes)
        return 0
    if limit_bytes is None:
        print(sentence("cache.no_limit"))
        return 0
    print(_result(eviction.evict(place, limit_bytes, is_dry=args.dry_run), args.dry_run, limit_bytes))
    return 0


def _print_folders(place: Path, folders: list[Folder], limit_bytes: int | None) -> None:
    total = format_bytes(sum(folder.size_bytes for folder in folders))
    print(sentence("cache.total", size=total, folder=place))
    if limit_bytes is not None:
        print(sentence("cache.limit", limit=format_bytes(limit_bytes)))
    for folder in folders:
        encoders = folder.encoders
        print(
            sentence(
                "cache.folder" if encoders is not None else "cache.folder_unknown",
                model=folder.model,
                key=folder.path.name,
                entries=len(folder.entries),
                size=format_bytes(folder.size_bytes),
                kept=format_bytes(folder.kept_bytes),
                used=_day(folder.used_at),
                dtype=encoders.dtype if encoders is not None else "",
            )
        )
        newest = sorted(folder.owners, key=lambda owner: -(owner.used_at or 0.0))
        for owner in newest[:SHOWN_RUNS]:
            about = {"run": owner.run, "used": _day(owner.used_at)}
            print("  " + sentence(f"cache.run.{owner.standing or 'deleted'}", **about))
        if len(newest) > SHOWN_RUNS:
            print("  " + sentence("cache.more_runs", runs=len(newest) - SHOWN_RUNS))


def _result(found: Evicted, is_dry: bool, limit_bytes: int) -> str:
    sizes = {"size": format_bytes(found.size_bytes), "left": format_bytes(found.left_bytes)}
    lines = [sentence("cache.would_go" if is_dry else "cache.gone", entries=found.entries, **sizes)]
    if found.left_bytes > limit_bytes:
        kept = {"limit": format_bytes(limit_bytes), "kept": format_bytes(found.kept_bytes)}
        lines.append(sentence("cache.above_limit", **kept))
    if found.skipped:
        lines.append(sentence("cache.skipped", folders=found.skipped))
    return "\n".join(lines)


def _day(unix_s: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_s)) if unix_s is not None else "-"
