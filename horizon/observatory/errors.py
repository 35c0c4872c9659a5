"""What can go wrong, with the exit code of each kind. Messages are in French: the operator reads them."""

import errno

# What systems and DuckDB write when room is missing.
ROOM_SIGNS = ("No space left", "File too large", "Out of Memory", "max_temp_directory_size", "Disk quota")


def is_out_of_room(problem: Exception) -> bool:
    """Whether the system or DuckDB stopped because the disk, a quota or the memory is full."""
    if isinstance(problem, OSError):
        return problem.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return any(sign in str(problem) for sign in ROOM_SIGNS)


class ObservatoryError(Exception):
    """An error that says what to do about it."""

    exit_code = 1


class BadInput(ObservatoryError):
    """A file that cannot be read as what it claims to be."""

    exit_code = 3


class ContractBroken(ObservatoryError):
    """A mart does not keep its written contract: nothing is published."""

    exit_code = 4


class NoNetwork(ObservatoryError):
    """An official source cannot be reached."""

    exit_code = 5


class DiskFull(ObservatoryError):
    """No room left on the disk; the last publication is untouched."""

    exit_code = 6


class AlreadyRunning(ObservatoryError):
    """Another run holds the lock."""

    exit_code = 3


class EngineMissing(ObservatoryError):
    """The engine that was asked for is not installed."""

    exit_code = 7


class EngineFailed(ObservatoryError):
    """The engine that was asked for stopped, or does not answer; the last publication is untouched."""

    exit_code = 8


class Interrupted(ObservatoryError):
    """The operator pressed Ctrl-C."""

    exit_code = 130
