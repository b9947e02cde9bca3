"""CLIP verbalizers: what the library says of one picture, said of many, each thing worked out once."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lskd_transformers.clip import fetched, probing, towers
from lskd_transformers.clip.probing import scores, shares, top
from lskd_transformers.clip.towers import Towers
from lskd_transformers.clip.verbalizers import Attributes, ClipObjects, Places
from lskd_transformers.clip.views import around, whole
from lskd_transformers.clip.vocabulary import groups, vocabulary
from lskd_transformers.clip.wording import one, sentence
from lskd_transformers.options_clip import AttributesOptions, ClipObjectsOptions, PlacesOptions
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from lskd_toolkit import Image, Picture, PluginError, Region, Scene, UsageError, WeightsMissing, create
from lskd_toolkit.geometry.masks import region_from_mask
from lskd_toolkit.testing import SimpleContext, contracts

from . import tiny_clip

MADE = {"clip": tiny_clip.clip, "siglip": tiny_clip.siglip}
FAMILIES = {
    **MADE,
    "siglip2": tiny_clip.siglip2,
    "altclip": tiny_clip.altclip,
    "chinese_clip": tiny_clip.chinese_clip,
}
VERBALIZERS = ("places", "concepts", "clip-objects", "attributes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("clips")
    made = {}

    def of(name):
        if name not in made:
            made[name] = str(FAMILIES[name](place / name))
        return made[name]

    return of


def picture(number=0, height=40, width=64):
    pixels = np.random.default_rng(number).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Picture(Image(f"{number}", "", f"sha-{number}", width, height), lambda: pixels)


def scene(of, *boxes):
    return Scene(of.image, tuple(Region(at, box) for at, box in enumerate(boxes)))


BOXES = ((2.0, 3.0, 20.0, 30.0), (30.0, 5.0, 60.0, 20.0), (10.0, 10.0, 14.0, 40.0))


@pytest.fixture
def ctx(tmp_path):
    return SimpleContext(cache=tmp_path)


# --- against the library ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMILIES)
def test_batched_scores_are_the_librarys_own_one_at_a_time(name, folder, ctx):
    part = Places(PlacesOptions(model=folder(name), templates=("a photo of {}.",), batch=3), ctx)
    towers, net, processor = part.towers, part.towers.loaded.net, part.towers.loaded.processor
    pictures = [picture(n, 33 + n, 70 - 3 * n) for n in range(5)]
    found = scores(towers, towers.pictures([whole(p) for p in pictures], 3), part.vectors)
    texts = [f"a photo of {label}." for label in part.labels]
    padding = "max_length" if "siglip" in name else True
    # SigLIP 2's processor has numbers of its own, which go before those of its folder.
    own = {"patch_size": 8, "max_num_patches": 16} if name == "siglip2" else {}
    for each, row in zip(pictures, found, strict=True):
        inputs = processor(
            images=each.pil,
            text=texts,
            return_tensors="pt",
            padding=padding,
            truncation=True,
            max_length=64,
            **own,
        )
        with torch.inference_mode():
            logits = net(**inputs).logits_per_image[0]
        plain = logits.sigmoid() if "siglip" in name else logits.softmax(dim=0)
        assert np.abs(plain.numpy() - row).max() <= 1e-4


@pytest.mark.parametrize("model", MADE)
@pytest.mark.parametrize("name", VERBALIZERS)
def test_contracts(model, name, folder):
    for check in contracts("verbalizer", name, model=folder(model), least=0.0):
        check()


# --- each thing once ----------------------------------------------------------------------------------


def counting(monkeypatch, where, name):
    calls = []
    real = getattr(where, name)

    def counted(*arguments, **named):
        calls.append(arguments)
        return real(*arguments, **named)

    monkeypatch.setattr(where, name, counted)
    return calls


def test_ten_thousand_labels_and_a_hundred_regions_are_one_matrix_product(folder, ctx, tmp_path, monkeypatch):
    words = tmp_path / "many.txt"
    words.write_text("\n".join(f"thing {n}" for n in range(10_000)))
    options = ClipObjectsOptions(model=folder("clip"), vocabulary=str(words), least=0.0, batch=64)
    part = ClipObjects(options, ctx)
    calls = counting(monkeypatch, probing, "scores")
    monkeypatch.setattr("lskd_transformers.clip.verbalizers.scores", probing.scores)
    given = [picture(n) for n in range(4)]
    scenes = [scene(p, *[(k, k, k + 12.0, k + 9.0) for k in range(25)]) for p in given]
    told = part.verbalize(given, scenes)
    assert [len(each) for each in told] == [26] * 4
    ((_, seen, known),) = calls
    assert (seen.shape[0], known.shape[0]) == (4 + 100, 10_000)


def test_a_vocabulary_is_embedded_once_for_a_model_not_for_a_run(folder, ctx, monkeypatch):
    calls = counting(monkeypatch, Towers, "texts")
    options = PlacesOptions(model=folder("clip"))
    first = Places(options, ctx)
    made = len(calls)
    assert made == len(vocabulary("places").templates)
    again = Places(options, SimpleContext(cache=ctx.cache))  # another run
    assert len(calls) == made
    assert np.array_equal(first.vectors, again.vectors)


@pytest.mark.parametrize(
    "change",
    [
        {"templates": ("some {}.",)},
        {"vocabulary": "concepts"},
        {"model": "siglip"},
        {"dtype": "bfloat16"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_model_word_or_sentence_makes_other_vectors(change, folder, ctx, monkeypatch):
    options = PlacesOptions(model=folder("clip"), templates=("a photo of {}.",))
    Places(options, ctx)
    calls = counting(monkeypatch, Towers, "texts")
    if "model" in change:
        change = {"model": folder(change["model"])}
    Places(options.model_copy(update=change), ctx)
    assert len(calls) == 1


@pytest.mark.parametrize("harm", [b"", b"no array", None], ids=["empty", "foreign", "short"])
def test_a_broken_file_of_vectors_is_made_anew(harm, folder, ctx):
    options = PlacesOptions(model=folder("clip"), templates=("a photo of {}.",))
    good = Places(options, ctx).vectors
    (path,) = (ctx.cache / "clip-texts").glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-40] if harm is None else harm)
    assert np.array_equal(Places(options, ctx).vectors, good)
    assert np.array_equal(load_file(path)["vectors"], good)


class Counted(np.ndarray):
    """Counts the matrix products that it and its parts are in."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **named):
        Counted.products += ufunc is np.matmul
        return getattr(ufunc, method)(*(np.asarray(each) for each in inputs), **named)


@pytest.mark.parametrize("bias", [None, -5.0])
def test_all_pictures_and_all_texts_are_one_product(bias, monkeypatch):
    monkeypatch.setattr(Counted, "products", 0)
    seen = np.eye(7, 4, dtype=np.float32).view(Counted)
    assert scores(SimpleNamespace(scale=9.0, bias=bias), seen, np.eye(4, dtype=np.float32)).shape == (7, 4)
    assert Counted.products == 1


def test_numbers_that_were_changed_on_disk_are_not_believed(folder, ctx):
    options = PlacesOptions(model=folder("clip"), templates=("a photo of {}.",))
    good = Places(options, ctx).vectors
    (path,) = (ctx.cache / "clip-texts").iterdir()  # and nothing half written beside it
    with safe_open(path, framework="numpy") as file:
        said = file.metadata()
    save_file({"vectors": np.roll(good, 1, axis=0)}, path, said)
    assert np.array_equal(Places(options, ctx).vectors, good)


def test_the_mean_of_several_sentences_is_of_unit_length(folder, ctx):
    part = Places(PlacesOptions(model=folder("clip"), templates=("{}", "Zebra, {}", "99 of {} 99")), ctx)
    texts = part.towers.texts
    mean = np.mean([texts([t.replace("{}", part.labels[0])])[0] for t in part.options.templates], axis=0)
    assert np.linalg.norm(mean) < 0.999, "sentences that are alike prove nothing"
    assert np.allclose(part.vectors[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_what_was_looked_at_is_kept_up_to_a_bound(folder, ctx, monkeypatch):
    monkeypatch.setattr(towers, "KEPT", 5)
    held = Places(PlacesOptions(model=folder("clip")), ctx).towers
    held._seen.clear()
    views = [whole(picture(n)) for n in range(8)]
    assert held.pictures(views, 3).shape[0] == 8
    assert list(held._seen) == [key for key, _ in views[-5:]]


def test_half_precision_leaves_the_scale_as_it_was_taught(folder, ctx):
    full, half = (
        Places(PlacesOptions(model=folder("clip"), dtype=kind), ctx).towers
        for kind in ("float32", "bfloat16")
    )
    assert half.scale == full.scale != towers.numbers_of(half.loaded.net)[0]


def test_vectors_that_are_no_numbers_are_told_and_not_kept(folder, ctx):
    part = Places(PlacesOptions(model=folder("clip")), ctx)
    for parameter in part.towers.loaded.net.parameters():
        parameter.data.fill_(float("nan"))
    with pytest.raises(PluginError, match=r"not all numbers.*dtype=float32"):
        part.towers.texts(["a photo"])
    with pytest.raises(PluginError, match=r"not all numbers.*dtype=float32"):
        part.towers.pictures([whole(picture(77))], 1)
    assert whole(picture(77))[0] not in part.towers._seen


@pytest.mark.filterwarnings("error")
def test_a_chance_far_below_all_is_nothing():
    unit = np.eye(2, dtype=np.float32)
    assert scores(SimpleNamespace(scale=117.0, bias=-16.0), unit, -unit)[0, 0] == 0.0


def test_a_picture_is_embedded_once_for_all_that_look_at_it(folder, ctx):
    here = folder("clip")
    parts = [
        Places(PlacesOptions(model=here), ctx),
        ClipObjects(ClipObjectsOptions(model=here), ctx),
        Attributes(AttributesOptions(model=here), ctx),
    ]
    towers = parts[0].towers
    assert all(part.towers is towers for part in parts)
    seen = []
    images = towers.loaded.processor.image_processor
    towers.loaded.processor.image_processor = lambda **given: (seen.extend(given["images"]), images(**given))[
        1
    ]
    given = picture(3)
    for part in parts:
        part.verbalize([given], [scene(given, *BOXES)])
    assert len(seen) == 1 + len(BOXES)


# --- words --------------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]), min_size=1, max_size=30),
    st.integers(1, 32),
    st.sampled_from([0.0, 0.2, 0.6]),
)
def test_the_top_is_the_beginning_of_a_stable_sort(values, count, least):
    row = np.array(values, np.float32)
    order = np.argsort(-row, kind="stable")[:count]
    assert top(row, count, least) == [(int(at), float(row[at])) for at in order if row[at] >= least]


def test_scores_of_a_softmax_sum_to_one_and_those_of_a_sigmoid_stand_alone():
    unit = np.eye(4, dtype=np.float32)
    soft = scores(SimpleNamespace(scale=10.0, bias=None), unit, unit)
    assert np.allclose(soft.sum(axis=1), 1.0)
    sigmoid = scores(SimpleNamespace(scale=10.0, bias=-5.0), unit, unit[:2])
    assert np.allclose(sigmoid[0], [1 / (1 + np.exp(-5)), 1 / (1 + np.exp(5))])
    whole = shares(SimpleNamespace(scale=10.0, bias=-5.0), unit, unit)
    assert np.allclose(whole, soft)


def test_what_is_said_carries_how_sure_it_is(folder, ctx, tmp_path):
    words = tmp_path / "two.txt"
    words.write_text("kitchen  # where food is made\n\noffice\nkitchen\n")
    part = Places(PlacesOptions(model=folder("clip"), vocabulary=str(words), least=0.2), ctx)
    assert part.labels == ("kitchen", "office")
    for row, said in (
        ((0.9, 0.1), "the place is a kitchen"),
        ((0.45, 0.55), "the place is probably an office or a kitchen"),
        ((0.21, 0.1), "the place is possibly a kitchen"),
    ):
        assert part._told(np.array(row), None).text == said
    assert part._told(np.array([0.1, 0.1]), None) is None
    assert part._told(np.array([0.9, 0.1]), Region(4, BOXES[0])).text == "[4] is in a kitchen"


def test_an_attribute_is_said_where_one_is_clear(folder, ctx, tmp_path):
    file = tmp_path / "probes.yaml"
    file.write_text("groups: {colour: {says: 'is {}', labels: [red, blue], otherwise: [a photo.]}}")
    part = Attributes(AttributesOptions(model=folder("clip"), groups=str(file)), ctx)
    region = Region(2, BOXES[0])
    (told,) = part._told(region, [np.array([0.1, 0.8, 0.1])])
    assert (told.text, told.scope, told.regions, told.score) == ("[2] is blue", "local", (2,), 0.8)
    assert part._told(region, [np.array([0.1, 0.55, 0.35])])[0].text == "[2] is blue, probably"
    assert part._told(region, [np.array([0.1, 0.2, 0.7])]) == []  # neither
    assert part._told(region, [np.array([0.4, 0.3, 0.3])]) == []  # not clear


@pytest.mark.parametrize(
    ("label", "said"),
    [("office", "an office"), ("kitchen", "a kitchen"), ("scissors", "scissors"), ("a meal", "a meal"),
     ("glass", "a glass"), ("cactus", "a cactus"), ("university", "a university"),
     ("uniform", "a uniform"), ("umbrella", "an umbrella"), ("unimproved road", "an unimproved road"),
     ("bread", "bread"), ("skis", "skis"), ("rhinoceros", "a rhinoceros"),
     ("hairdresser's", "a hairdresser's")],
)  # fmt: skip
def test_articles(label, said):
    assert one(label) == said


def test_sentences():
    assert sentence("it is {} about {}", "", ["love", "war"], "and") == "it is about love and war"
    assert sentence("there is {} {}", "possibly", ["a cup"], "and") == "there is possibly a cup"


# --- views --------------------------------------------------------------------------------------------


def test_a_region_is_seen_in_a_square_with_what_is_around_it():
    given = picture(1, 50, 50)
    key, make = around(given, Region(0, (10.0, 20.0, 20.0, 24.0)), margin=0.2)
    seen = np.asarray(make())
    assert seen.shape == (14, 14, 3)
    assert np.array_equal(seen, given.pixels[15:29, 8:22])
    assert key != around(given, Region(0, (10.0, 20.0, 21.0, 24.0)), margin=0.2)[0]


def test_what_lies_outside_of_the_picture_is_grey():
    given = picture(1, 20, 20)
    _, make = around(given, Region(0, (0.0, 0.0, 10.0, 10.0)), margin=0.5)
    seen = np.asarray(make())
    assert seen.shape == (20, 20, 3)
    assert (seen[:5] == (124, 116, 104)).all()
    assert np.array_equal(seen[5:, 5:], given.pixels[:15, :15])


def test_a_masked_region_is_seen_alone_on_grey():
    given = picture(1, 30, 30)
    mask = np.zeros((30, 30), bool)
    mask[5:15, 5:15] = True
    mask[7:9, 7:9] = False
    region = region_from_mask(mask)
    key, make = around(given, region, margin=0.2, masked=True)
    seen, inside = np.asarray(make()), mask[3:17, 3:17]
    assert np.array_equal(seen[inside], given.pixels[3:17, 3:17][inside])
    assert (seen[~inside] == (124, 116, 104)).all()
    mask[7:9, 7:9] = True
    other = region_from_mask(mask)
    assert len({key, around(given, other, 0.2, masked=True)[0], around(given, region, 0.2)[0]}) == 3


# --- vocabularies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["places", "concepts", "things"])
def test_our_vocabularies_say_whose_they_are(name):
    words = vocabulary(name)
    assert words.licence == "Apache-2.0"
    assert words.source
    assert len(words.labels) == len({label.casefold() for label in words.labels}) > 150


def test_a_label_is_not_torn_by_the_line_it_stands_in():
    for name in ("places", "concepts", "things"):
        assert not [label for label in vocabulary(name).labels if "- " in label]


def test_our_probes_have_something_that_holds_otherwise():
    assert all(group.otherwise for group in groups("attributes"))


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("none.txt", None, "cannot read the vocabulary"),
        ("empty.txt", "# nothing\n\n", "has no label"),
        ("list.yaml", "- a\n- b\n", "holds no mapping with 'labels'"),
        ("words.yaml", "labels: kitchen", "has no list of labels"),
        ("sentence.yaml", "labels: [kitchen]\ntemplates: [a photo]", "has no {} for the label"),
        ("broken.yaml", "labels: [", "is not YAML"),
        (
            "unknown",
            None,
            "no vocabulary is called 'unknown'; there are attributes, concepts, places, things, places365",
        ),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_told(file, text, says, tmp_path):
    path = tmp_path / file
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError) as raised:
        vocabulary(str(path) if "." in file else file)
    assert says in str(raised.value)


def test_names_of_others_are_read_as_words():
    lines = ["church/indoor", "train_station/platform", "alley"]
    assert fetched.places(lines) == ["indoor church", "train station platform", "alley"]
    assert fetched.things(["alarm_clock", "tank_(storage_vessel)"]) == [
        "alarm clock",
        "tank (storage vessel)",
    ]
    assert fetched.synsets(["n00007846\tperson, individual, someone", "n00006484\tcell"]) == [
        "person",
        "cell",
    ]


def test_a_fetched_vocabulary_says_whose_it_is_and_is_keyed_before_it_is_here(tmp_path, monkeypatch):
    monkeypatch.setenv("LSKD_CACHE", str(tmp_path))
    monkeypatch.setenv("LSKD_OFFLINE", "1")
    assert PlacesOptions(vocabulary="places365").key() != PlacesOptions(vocabulary="lvis").key()
    with pytest.raises(WeightsMissing, match=r"lskd weights fetch places365\.txt"):
        vocabulary("places365")
    file = tmp_path / "names"
    file.write_text("alley\nchurch/indoor\nalley\n")
    monkeypatch.setattr("lskd_toolkit.weights.weight_path", lambda name: file)
    words = vocabulary("places365")
    assert words.labels == ("alley", "indoor church")
    assert (words.licence, words.source) == (
        fetched.FETCHED["places365"].file.licence,
        fetched.FETCHED["places365"].file.source,
    )


def test_editing_a_vocabulary_changes_the_key(tmp_path):
    words = tmp_path / "mine.txt"
    words.write_text("one\n")
    options = PlacesOptions(vocabulary=str(words))
    before = options.key()
    words.write_text("two\n")
    assert options.key() != before


def test_a_model_that_is_no_clip_and_one_that_is_not_here(folder, tmp_path):
    from . import tiny_vlm

    with pytest.raises(UsageError, match=r"no model that this part can ask.*--set places.model=PATH"):
        create("verbalizer", "places", model=str(tiny_vlm.blip2(tmp_path / "blip2")))
    with pytest.raises(WeightsMissing, match=r"--set clip-objects.model=PATH"):
        create("verbalizer", "clip-objects", model="no/such")
