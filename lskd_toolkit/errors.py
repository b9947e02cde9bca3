"""One error type per cause. Each message says what went wrong, where, and the command that mends it.

The command line prints the message alone and exits with ``exit_code``; ``--debug`` adds the traceback.
"""

from __future__ import annotations


class LskdError(Exception):
    """Base of every error the toolkit raises on purpose. ``exit_code`` 1: the work failed."""

    exit_code = 1


class UsageError(LskdError):
    """The user's words do not fit: unknown name, unknown option, wrong type."""

    exit_code = 2


class UnknownComponent(UsageError):
    """No component of that kind and name is installed."""


class AmbiguousComponent(UsageError):
    """Two distributions offer the same kind and name."""


class InvalidOptions(UsageError):
    """Options that a component refuses."""


class ConfigError(UsageError):
    """A run.yaml that cannot be read or does not fit."""


class ImageRefused(LskdError):
    """A file that cannot be used as an image. The message is the row's reason."""


class PluginError(LskdError):
    """A plugin failed at work. The message names the distribution, the component and the image."""


class WeightsMissing(LskdError):
    """Weights are not here and may not be fetched."""


class StoreError(LskdError):
    """The run folder cannot be used: locked, of a newer version, unwritable, full."""


class Stopped(LskdError):
    """The run stopped before its end and the same command continues it."""

    exit_code = 3


class BudgetReached(Stopped):
    """The next request would pass ``--max-usd`` or ``--max-requests``."""


class BackendUnavailable(Stopped):
    """A backend could not be reached. Nothing is stored for the image; a later run asks again."""


class KeyMissing(UsageError):
    """A vendor's key is not in the environment, or the vendor refuses it. Names the variable."""


class RequestRejected(LskdError):
    """A vendor refuses this request as it is (too long, a picture it cannot read). The row's reason."""


class Busy(LskdError):
    """A backend asks to slow down (429, 529); the request may be sent again after ``retry_after`` seconds
    (None: not said). Caught where requests are paced."""

    def __init__(self, message: str, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(LskdError):
    """A request failed on its way or at the vendor (time-out, cut connection, 5xx); it may be sent again."""

    def __init__(self, message: str, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


class Deferred(LskdError):
    """A request waits for its vendor's batch: its scene is taught again when the batch has come back."""


class ConsentNeeded(Stopped):
    """The change would redo paid work; ``--yes`` agrees."""
