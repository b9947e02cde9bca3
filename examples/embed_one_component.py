"""Words about the regions of a photo, by three components and without a run folder.

    python examples/embed_one_component.py [PHOTO]

Without a photo it takes one of the sample photos. Weights that are missing are fetched.
"""

import sys

from lskd_toolkit import Scene, create, open_picture

if len(sys.argv) > 1:
    picture = open_picture(sys.argv[1])
else:
    picture = open_picture(create("source", "samples").read("sample:astronaut.png"), id="astronaut.png")

(regions,) = create("proposer", "nanodet", threshold=0.35).propose([picture])
scene = Scene(picture.image, tuple(regions))

for name in ("objects", "relations"):
    (descriptors,) = create("verbalizer", name).verbalize([picture], [scene])
    for descriptor in descriptors:
        print(f"{name:10} {descriptor.scope:9} {descriptor.text}")
