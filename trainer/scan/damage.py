"""Raise what is wrong with a file as an exception: one of `trainer.contract.scan.DAMAGES` and what to do about it."""

import errno
import signal

COPY = "Copy or download it again."
ENCODE = "Encode it again from its source, or leave it out."


class Damage(Exception):
    """Raised for a file that is not as it should be. `message` is a sentence or more, in which the file is "it"."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word, self.message = word, message


def from_os_error(error: OSError) -> Damage:
    """Translate the error of opening or reading a file."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Damage("vanished", f"It is no longer there. {COPY}")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Damage("no_permission", "It may not be read. Give the account that trains the right to read it.")
    reason = error.strerror or type(error).__name__
    return Damage("unreadable", f"It cannot be read: {reason}. Check the disk that it is on, or copy the file again.")


def too_big(size: str) -> Damage:
    return Damage("too_big", f"Its header claims {size}, which is not decoded here. Make it smaller, or leave it out.")


def no_memory() -> Damage:
    return Damage("too_big", "It takes more memory to decode than a scan allows. Make it smaller, or leave it out.")


def too_slow(limit_s: float) -> Damage:
    return Damage("too_slow", f"It was not read within {limit_s:g} s. {ENCODE}")


def killed_decoder(status: int) -> Damage:
    """Describe a decoder's death. `status` is the exit status of its process, negative for a signal."""
    if status == -signal.SIGKILL:
        how = "was killed, for want of memory perhaps"
    elif status < 0:
        how = f"crashed (signal {-status})"
    else:
        how = f"ended (exit code {status})"
    return Damage("killed_decoder", f"The process that decoded it {how}. {ENCODE}")
