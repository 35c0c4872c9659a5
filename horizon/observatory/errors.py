"""What can go wrong, with the exit code of each kind. Messages are in French: the operator reads them."""


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
