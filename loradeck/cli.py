"""The `loradeck` command. Every mistake of a person's ends in one sentence and exit status 2, never in a traceback."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

EXTRA_OF = {
    "up": "server",
    "demo": "all",
    "rebuild": "server",
    "plan": "server",
    "check": "trainer",
    "cache": "server",
}
"""The extra of the distribution that a command needs, where it needs one."""


def main(argv: "list[str] | None" = None) -> int:
    if "doctor" in (sys.argv[1:] if argv is None else argv)[:1]:  # it looks at older Pythons, too
        return _doctor(parse(argv))
    from trainer.contract.messages import sentence  # old Pythons can import it

    if sys.version_info < (3, 11):  # noqa: UP036 -- a checkout runs without pip, which would have refused
        print(sentence("command.old_python", version="{}.{}".format(*sys.version_info[:2])), file=sys.stderr)
        return 2
    if not sys.platform.startswith("linux"):
        print(sentence("command.not_linux", platform=sys.platform), file=sys.stderr)
        return 2
    from trainer.contract.problem import Problem, system_error

    args = parse(argv)
    try:
        return HANDLERS[args.command](args)
    except ModuleNotFoundError as error:
        extra = f"[{EXTRA_OF[args.command]}]" if args.command in EXTRA_OF else ""
        said = sentence("command.missing_package", command=args.command, package=error.name, extra=extra)
        print(said, file=sys.stderr)
    except OSError as error:
        print(system_error(error), file=sys.stderr)
    except Problem as problem:
        print(problem, file=sys.stderr)
    return 2


def _up(args: argparse.Namespace) -> int:
    from loradeck.settings import settings_with_port
    from loradeck.up import up

    return up(settings_with_port(args))


def _demo(args: argparse.Namespace) -> int:
    from loradeck.demo import demo
    from loradeck.settings import settings_with_port

    return demo(settings_with_port(args), leave=args.exit)


def _rebuild(args: argparse.Namespace) -> int:
    from loradeck.rebuild import rebuild
    from loradeck.settings import settings_of

    return rebuild(settings_of(args))


def _doctor(_: argparse.Namespace) -> int:
    from loradeck.doctor import doctor

    return doctor(Path(__file__).resolve().parents[1])


def _dataset(args: argparse.Namespace) -> int:
    from loradeck.dataset import dataset

    return dataset(args.source, args.base, args.write)


def _plan(args: argparse.Namespace) -> int:
    from loradeck.plan import plan
    from loradeck.settings import settings_of

    return plan(args, settings_of(args))


def _cache(args: argparse.Namespace) -> int:
    from loradeck.cache import cache
    from loradeck.settings import settings_of

    return cache(args, settings_of(args))


def _check(args: argparse.Namespace) -> int:
    from loradeck.check import check

    return check(args.config, args.logs_dir or Path("training_logs"), args.json)


def _token(args: argparse.Namespace) -> int:
    from loradeck.token import token

    return token(args.write)


HANDLERS: "dict[str, Callable[[argparse.Namespace], int]]" = {
    "up": _up,
    "demo": _demo,
    "rebuild": _rebuild,
    "doctor": _doctor,
    "dataset": _dataset,
    "plan": _plan,
    "check": _check,
    "cache": _cache,
    "token": _token,
}
"""A command's function. Each imports what it needs by itself: one command never needs the packages of another."""


def parse(argv: "list[str] | None") -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loradeck", description="The flight deck for fine-tuning video models.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start Loradeck: the web page, the API, and the agent that starts runs")
    demo = commands.add_parser("demo", help="the same, and train a tiny model on real clips to look at")
    demo.add_argument("--exit", action="store_true", help="leave when the run has ended, with 0 only if it succeeded")
    rebuild = commands.add_parser("rebuild", help="make the database anew from the run folders")
    commands.add_parser("doctor", help="say what of this machine is fit for Loradeck and for docker compose up")
    dataset = commands.add_parser("dataset", help="say what a list of clips is worth, and write it as metadata.csv")
    dataset.add_argument(
        "source", type=Path, help="a CSV, TSV, JSON or JSONL, or a folder of clips with .txt beside them"
    )
    dataset.add_argument("--base", type=Path, metavar="FOLDER", help="where the names begin (the source's folder)")
    dataset.add_argument("--write", type=Path, metavar="FILE", help="write what can be used as video,image,prompt")
    plan = commands.add_parser("plan", help="say what a run of a config would take: steps, time, disk, memory, cost")
    plan.add_argument("config", type=Path, help="a run config (JSON); see docs/config.md")
    plan.add_argument("--samples", type=int, metavar="N", help="as if the data set had so many")
    plan.add_argument("--seconds-per-step", type=float, metavar="S", help="your own figure of what a step takes")
    plan.add_argument("--trial", metavar="ID", help="a trial of 20 steps that was done for this config")
    plan.add_argument("--price", type=float, metavar="P", help="of an hour of all GPUs together")
    plan.add_argument("--days", type=float, metavar="D", default=5.0, help="say how it is done in so many (5)")
    plan.add_argument("--json", action="store_true", help="as POST /api/plan answers")
    check = commands.add_parser("check", help="say whether this machine can do a run, before it is started")
    check.add_argument("config", type=Path, help="a run config (JSON); see docs/config.md")
    check.add_argument("--json", action="store_true", help="tell each finding as a line of JSON")
    check.add_argument("--logs-dir", type=Path, help="where the run would be (./training_logs)")
    cache = commands.add_parser("cache", help="say what the latent cache holds and who uses it, and make it smaller")
    cache.add_argument("--limit-gb", metavar="N", help="evict what was used longest ago, down to so many gigabytes")
    cache.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")
    cache.add_argument("--logs-dir", type=Path, help="where the run folders are (./training_logs)")
    token = commands.add_parser("token", help="make a token, without which Loradeck listens on this machine alone")
    token.add_argument("--write", type=Path, metavar="FILE", help="keep it in FILE; one that is there stays")
    for command in (up, demo):
        command.add_argument("--host", help="the address to listen on (127.0.0.1)")
        command.add_argument("--port", type=int, help="the port; 0 for a free one (8642, or a free one if it is taken)")
    for command in (up, demo, rebuild, plan):
        command.add_argument("--logs-dir", type=Path, help="where the run folders are (./training_logs)")
        command.add_argument("--state-dir", type=Path, help="where the database is (./.loradeck)")
    return parser.parse_args(argv)
