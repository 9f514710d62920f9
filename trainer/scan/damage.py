"""Raise what is wrong with a file as an exception: one of `trainer.contract.scan.DAMAGES` and what to do about it."""

import errno
import signal

from trainer.contract.messages import Message, message


class Damage(Exception):
    """The code of `said` is the damage's word; in its text the file is "it"."""

    def __init__(self, said: Message) -> None:
        super().__init__(str(said))
        self.said = said

    @property
    def fields(self) -> dict[str, str]:
        """Those of `trainer.contract.scan.Media` that tell of it."""
        return {"damage": self.said.code, "message": str(self.said)}


def from_os_error(error: OSError) -> Damage:
    """Return what it means that the file could not be opened or read."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Damage(message("vanished"))
    if error.errno in (errno.EACCES, errno.EPERM):
        return Damage(message("no_permission"))
    return Damage(message("unreadable.disk", reason=error.strerror or type(error).__name__))


def killed_decoder(status: int) -> Damage:
    """Return the damage of a file whose decoder died. `status` is its exit status, negative for a signal."""
    if status == -signal.SIGKILL:
        return Damage(message("killed_decoder.sigkill"))
    if status < 0:
        return Damage(message("killed_decoder.signal", signal=-status))
    return Damage(message("killed_decoder.exit", code=status))
