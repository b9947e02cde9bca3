"""The processor of a chat model, also where its part for videos cannot be had.

Many processors hold one for videos, and those of the library need torchvision, which does not work with
every build of torch. Nothing here looks at videos, so an empty one takes its place.
"""

from __future__ import annotations

from typing import Any

from transformers.video_processing_utils import VideoProcessorMixin


class NoVideos(VideoProcessorMixin):
    """Stands where a processor of videos is wanted, and processes none."""

    def __init__(self) -> None:
        super().__init__()


def blind_to_videos(made: Any) -> Any:
    """The class of a processor, one of `NoVideos` allowed in it: the library knows no class of processors of
    videos where torchvision is not."""

    class Blind(made):  # type: ignore[misc]
        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            if isinstance(argument, NoVideos):
                return NoVideos
            return super().check_argument_for_proper_class(argument_name, argument)

    Blind.__name__ = made.__name__
    return Blind


def processor_of(name: str, given: dict[str, Any]) -> Any:
    """The library's own processor of a model.

    Raises:
        OSError: it is not here.
        ImportError: it needs a package that is not here, other than for videos.
    """
    from transformers import AutoProcessor

    try:
        return AutoProcessor.from_pretrained(name, **given)
    except (ImportError, ValueError) as error:
        if "torchvision" not in str(error).lower():
            raise
    return _without_videos(name, given)


def _without_videos(name: str, given: dict[str, Any]) -> Any:
    from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

    made = blind_to_videos(PROCESSOR_MAPPING[type(AutoConfig.from_pretrained(name, **given))])
    settings, _ = made.get_processor_dict(name, **given)
    makers = {
        "image_processor": lambda: AutoImageProcessor.from_pretrained(name, **given),
        "tokenizer": lambda: AutoTokenizer.from_pretrained(name, **given),
        "video_processor": NoVideos,
    }
    parts = [makers[part]() for part in made.get_attributes()]
    return made.from_args_and_dict(parts, settings)
