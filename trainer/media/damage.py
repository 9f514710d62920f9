"""Raise what is wrong with a file as an exception: one of `trainer.contract.scan.DAMAGES` and what to do about it."""

import errno
import signal

from trainer.contract.messages import Message, message
from trainer.contract.scan import PASSING_DAMAGES


class Damage(Exception):
    """Raised for a file that is not as it should be. In the text of `said` the file is "it"; its code is the word."""

    def __init__(self, said: Message) -> None:
        super().__init__(str(said))
        self.said = said

    @property
    def is_passing(self) -> bool:
        """Tell whether it is no more than how things are at the moment."""
        return self.said.code in PASSING_DAMAGES

    @property
    def fields(self) -> dict[str, str]:
        """Those of `trainer.contract.scan.Media` that tell of it."""
        return {"damage": self.said.code, "message": str(self.said)}


def from_os_error(error: OSError) -> Damage:
    """Translate the error of opening or reading a file."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Damage(message("vanished"))
    if error.errno in (errno.EACCES, errno.EPERM):
        return Damage(message("no_permission"))
    return Damage(message("disk_error", reason=error.strerror or type(error).__name__))


def killed_decoder(status: int) -> Damage:
    """Describe a decoder's death. `status` is the exit status of its process, negative for a signal."""
    if status == -signal.SIGKILL:
        return Damage(message("killed_decoder.sigkill"))
    if status < 0:
        return Damage(message("killed_decoder.signal", signal=-status))
    return Damage(message("killed_decoder.exit", code=status))
