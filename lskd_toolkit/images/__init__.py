"""Images: bytes to upright RGB pixels, and the source ``folder``. The one home of bad input."""

from .decode import Limits, check, decode, inspect
from .opening import as_picture, open_picture, thumbnail
from .picture import Picture

__all__ = [
    "Limits",
    "Picture",
    "as_picture",
    "check",
    "decode",
    "inspect",
    "open_picture",
    "thumbnail",
]
