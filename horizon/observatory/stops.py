"""Named points where a run can be held until it is killed: a kill at a place tests more than a kill at a time."""

from __future__ import annotations

import os
import signal

POINT, DESCRIPTOR = "HORIZON_STOP_AT", "HORIZON_STOP_FD"


def stop_point(name: str) -> None:
    """Does nothing, unless HORIZON_STOP_AT holds this name: then writes it to the descriptor HORIZON_STOP_FD and waits
    for the end."""
    if os.environ.get(POINT) == name:
        os.write(int(os.environ[DESCRIPTOR]), name.encode())
        while True:
            signal.pause()
