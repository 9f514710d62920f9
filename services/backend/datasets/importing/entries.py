"""What a list of clips is read into: entries, and faults where a row is none."""

from dataclasses import dataclass

from trainer.contract.messages import Message
from trainer.contract.table.reader import Rejected


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed clip. `line` is where it begins in the table, from 1; `file` as it is written there, with blanks."""

    line: int
    file: str
    caption: str
    is_image: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be used: what is wrong with it, and what to do."""

    line: int
    said: Message

    @classmethod
    def of(cls, row: Rejected) -> "Fault":
        return cls(row.line, Message(row.code, row.message))

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def message(self) -> str:
        """What is told of it: the hint, too."""
        return str(self.said)


class Unreadable(Exception):
    """The whole table cannot be used; says why and what to do."""

    def __init__(self, said: Message) -> None:
        super().__init__(str(said))
        self.said = said

    @property
    def code(self) -> str:
        return self.said.code
