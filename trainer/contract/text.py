"""Small pieces of sentences that the trainer and the backend both say."""


def plural(count: int, noun: str) -> str:
    """Join a count and a regular noun: "1 rank", "2 ranks", "0 ranks"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
