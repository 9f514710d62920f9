"""Prints the path of a Chromium for the browser tests, having installed one where the machine has none.

In this order: LORADECK_CHROMIUM, one on the PATH, Playwright's own, Debian's package (as root), Playwright's download.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    for find in (on_the_machine, of_playwright, from_debian, downloaded):
        if path := find():
            print(path)
            return 0
    print(
        "The browser tests need a Chromium and none could be installed: install one (on Debian: apt install chromium), "
        "or name it in LORADECK_CHROMIUM.",
        file=sys.stderr,
    )
    return 2


def on_the_machine() -> str | None:
    return os.environ.get("LORADECK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    say("Installing Debian's chromium for the browser tests ...")
    if run("apt-get", "-qq", "update") and run(
        "apt-get", "-qq", "-y", "--no-install-recommends", "install", "chromium"
    ):
        return on_the_machine()
    return None


def downloaded() -> str | None:
    say("Downloading Playwright's Chromium for the browser tests ...")
    return of_playwright() if run(sys.executable, "-m", "playwright", "install", "chromium") else None


def run(*words: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(words, stdout=sys.stderr, env=environment).returncode == 0


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
