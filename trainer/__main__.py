"""Run and resume by hand, or run the agent or the host that keeps it up: `python -m trainer`."""

import argparse
import os
import socket
import sys
from pathlib import Path

from trainer.contract.config import Problem


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m trainer", description="Train a LoRA on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="train what a config says, in the foreground")
    run.add_argument("config", type=Path, help="a run config (JSON); see docs/config.md")
    run.add_argument("--logs-dir", type=Path, default=Path("training_logs"), help="where run folders are made")

    resume = commands.add_parser("resume", help="go on with a run from its newest checkpoint, in the foreground")
    resume.add_argument("folder", type=Path, help="the run's folder")

    agent = commands.add_parser("agent", help="start the runs that a backend has queued for this host")
    agent.add_argument("--server", default="http://127.0.0.1:8642", help="the backend's address")
    agent.add_argument("--logs-dir", type=Path, default=Path("training_logs"), help="shared with the backend")
    agent.add_argument("--agent-id", default=socket.gethostname(), help="this host's name towards the backend")

    host = commands.add_parser("host", help="keep an agent up; told to stop, let all runs save and leave first")
    host.add_argument("--server", default="http://127.0.0.1:8642", help="the backend's address")
    host.add_argument("--logs-dir", type=Path, default=Path("training_logs"), help="shared with the backend")
    host.add_argument("--stop-limit", type=float, metavar="SECONDS", help="for runs to save and leave (100)")
    host.add_argument("--healthy", action="store_true", help="only say whether the one that is up does its work")

    args = parser.parse_args(argv)
    try:
        if args.command == "host":
            return _host(args)
        if args.command == "agent":
            from trainer.agent.agent import Agent
            from trainer.contract.token import token_of

            token = token_of(os.environ)
            return Agent(args.server, args.logs_dir.resolve(), args.agent_id, token).run()
        from trainer.supervision import foreground

        if args.command == "run":
            return foreground.run(args.config, args.logs_dir)
        return foreground.resume(args.folder)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'The system'}: {error.strerror or error}.", file=sys.stderr)
        return 2


def _host(args: argparse.Namespace) -> int:
    logs_dir = args.logs_dir.resolve()
    if args.healthy:
        from trainer.agent.heartbeat import is_healthy

        healthy, sentence = is_healthy(logs_dir)
        print(sentence)
        return 0 if healthy else 1
    from trainer.agent.host import STOP_LIMIT_S, Host

    return Host(args.server, logs_dir, args.stop_limit if args.stop_limit is not None else STOP_LIMIT_S).run()


if __name__ == "__main__":
    sys.exit(main())
