"""Parses lines into events: in bulk if every line is sound, else one by one."""

import msgspec
import numpy as np

from services.backend.ingest.tail import Block, Fault
from trainer.contract import events
from trainer.contract.events import Eval, Event, Phase, Step

MAX_INT = 2**53
"""Whole numbers above it are exact neither in JSON nor in a browser."""
MAX_TS = 1e11
_SHORT = 1 << 14
"""Up to this many bytes, calling NumPy costs more than it gains."""

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def parse(block: Block) -> list[Event | Fault]:
    """Parse each line of `block`, in order, into its event or the fault that it has."""
    count = count_objects(block.data)
    if count is not None:
        try:
            found: list[Event] = _decoder.decode_lines(block.data)
            if len(found) == count and all(map(in_range, found)):
                return list(found)
        except (ValueError, RecursionError):
            pass
    return _parse_each(block)


def count_objects(data: bytes) -> int | None:
    """Count the lines, if each begins and ends in braces; else return None.

    `decode_lines` does not insist on one object a line. With such braces line ends can only lie between objects, so if
    it finds as many objects as lines, there is one a line.
    """
    if len(data) < _SHORT:
        count = data.count(b"\n")
        is_sound = data.startswith(b"{") and data.endswith(b"}\n") and data.count(b"}\n{") == count - 1
        return count if is_sound else None
    characters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    is_sound = (
        data.startswith(b"{")
        and bool((characters[ends - 1] == ord("}")).all())
        and bool((characters[ends[:-1] + 1] == ord("{")).all())
    )
    return len(ends) if is_sound else None


def _parse_each(block: Block) -> list[Event | Fault]:
    found: list[Event | Fault] = []
    at = block.start
    for line in block.data.split(b"\n")[:-1]:
        try:
            event = events.decode(line)
            found.append(event if in_range(event) else Fault(at, "out_of_range", "A number is out of range."))
        except msgspec.ValidationError as error:
            found.append(Fault(at, "no_event", f"{error}."))
        except RecursionError:
            found.append(Fault(at, "bad_json", "Nested too deeply."))
        except ValueError as error:
            found.append(Fault(at, "bad_json", f"{error}." if line.strip() else "An empty line."))
        at += len(line) + 1
    return found


def in_range(event: Event) -> bool:
    """Check whether the database and a browser can hold the numbers of `event`."""
    if not (0 <= event.seq <= MAX_INT and 0 <= event.ts <= MAX_TS):
        return False
    if isinstance(event, Step | Eval):
        return 0 <= event.step <= MAX_INT
    if isinstance(event, Phase):
        return all(count is None or 0 <= count <= MAX_INT for count in (event.done, event.total))
    return True
