"""The net sees, its masks hide what they should, and its gradients arrive everywhere."""

import pytest
import torch
from lskd_transformers.data.tokens import Tokens
from lskd_transformers.nets.blip2_itm import Blip2Itm
from lskd_transformers.nets.config import Blip2ItmConfig, tiny
from lskd_transformers.nets.masks import text_after_queries
from lskd_transformers.nets.sight import check_sight
from lskd_transformers.training.losses import Weights, all_losses
from transformers import Blip2ForImageTextRetrieval

from lskd_toolkit import LskdError

SIZE, VOCABULARY = 32, 60


def net(**changes):
    torch.manual_seed(0)
    config = tiny(VOCABULARY, SIZE, 16)
    for name, value in changes.items():
        setattr(config, name, value)
    return Blip2Itm(config).eval()


def some_images(count=2):
    return torch.randn(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


def some_texts(count=2, length=7):
    ids = torch.randint(5, VOCABULARY, (count, length), generator=torch.Generator().manual_seed(2))
    return ids, torch.ones_like(ids)


@torch.no_grad()
def test_two_images_give_different_features_and_different_scores():
    model, (ids, mask) = net(), some_texts(1)
    seen = model.see(some_images())
    assert (seen[0] - seen[1]).abs().max() > 1e-2
    scores = model.match(seen, ids.expand(2, -1), mask.expand(2, -1))
    assert (scores[0] - scores[1]).abs().max() > 1e-2


@torch.no_grad()
def test_a_blank_image_changes_the_score():
    model, (ids, mask) = net(), some_texts(1)
    image = some_images(1)
    there, blank = (model.match(model.see(x), ids, mask) for x in (image, torch.zeros_like(image)))
    assert (there - blank).abs().max() > 1e-2


@torch.no_grad()
def test_two_query_slots_differ():
    embeds = net().embed_images(net().see(some_images(1)))[0]
    assert (embeds[0] - embeds[1]).abs().max() > 1e-2


def test_the_library_s_own_configuration_is_blind_and_refused():
    config = tiny(VOCABULARY, SIZE, 16)
    config.stem, config.vision_config.initializer_range = "patch", 1e-10
    with pytest.raises(LskdError, match="is blind"):
        check_sight(Blip2Itm(config), SIZE, "fresh")


def test_queries_that_are_all_one_are_refused():
    model = net()
    model.query_tokens.data.zero_()
    with pytest.raises(LskdError, match="all the same"):
        check_sight(model, SIZE, "fresh")


def test_a_seeing_net_passes():
    check_sight(net(), SIZE, "tiny")


@torch.no_grad()
def test_padding_does_not_change_a_score():
    model, (ids, mask) = net(), some_texts(1)
    seen = model.see(some_images(1))
    pad = torch.nn.functional.pad
    padded = pad(ids, (0, 5), value=9), pad(mask, (0, 5))
    for verb in (model.match, lambda _, *texts: model.embed_texts(*texts)):
        assert torch.allclose(verb(seen, ids, mask), verb(seen, *padded), atol=1e-5)


@torch.no_grad()
def test_language_modelling_does_not_look_ahead():
    model, (ids, mask) = net(), some_texts(1)
    seen, changed = model.see(some_images(1)), ids.clone()
    changed[0, 4] = (ids[0, 4] + 1 - 5) % (VOCABULARY - 5) + 5
    before, after = model.continue_text(seen, ids, mask), model.continue_text(seen, changed, mask)
    assert torch.equal(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])


@torch.no_grad()
def test_language_modelling_looks_at_the_image():
    model, (ids, mask) = net(), some_texts(1)
    one, two = (model.continue_text(model.see(x[None]), ids, mask) for x in some_images())
    assert (one - two).abs().max() > 1e-2


def test_the_mask_of_language_modelling_by_hand():
    mask = text_after_queries(torch.tensor([[1, 1, 0]]), queries=2)[0, 0].int().tolist()
    assert mask == [
        [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 1, 1, 0],
    ]


@pytest.mark.parametrize("weights", [Weights(), Weights(language=1.0)])
def test_gradients_reach_eye_queries_q_former_and_heads(weights):
    model, (ids, mask) = net().train(), some_texts(4)
    allowed = ~torch.eye(4, dtype=torch.bool)
    draws = torch.Generator().manual_seed(0)
    result = all_losses(model, model.see(some_images(4)), Tokens(ids, mask), allowed, weights, 4, draws)
    result.total.backward()
    idle = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 0}
    # The last layer's text half is read by the contrastive text embedding, so all of the net is at work;
    # a bias before a softmax over keys moves nothing but rounding.
    idle = {name for name in idle if not name.endswith(".key.bias")}
    of_language = {name for name, _ in model.named_parameters() if name.startswith("cls.")}
    assert idle == (set() if weights.language else of_language)


@torch.no_grad()
def test_it_scores_as_the_library_does_with_the_same_weights(tmp_path):
    torch.manual_seed(0)
    config = tiny(VOCABULARY, SIZE, 16)
    config.stem = "patch"
    theirs = Blip2ForImageTextRetrieval(config).eval()
    torch.nn.init.normal_(theirs.query_tokens, std=0.5)
    theirs.vision_model.post_layernorm.eps = 1e-5
    theirs.save_pretrained(tmp_path)
    ours = Blip2Itm.from_pretrained(tmp_path, use_safetensors=True).eval()
    images, (ids, mask) = some_images(), some_texts()
    expected = theirs(images, ids, mask, use_image_text_matching_head=True).logits_per_image
    seen = ours.see(images)
    assert torch.allclose(ours.match(seen, ids, mask), expected, atol=1e-6)
    cosines = theirs(images, ids, mask).logits_per_image
    own = torch.einsum("bqe,ce->bqc", ours.embed_images(seen), ours.embed_texts(ids, mask)).amax(dim=1)
    assert torch.allclose(own, cosines, atol=1e-6)
    assert float(ours.temp) == pytest.approx(0.07)
    # Missing in their checkpoint, so made fresh and not left as the memory lay.
    assert ours.cls.predictions.bias.abs().max() == 0


@torch.no_grad()
def test_other_image_sizes_than_the_configuration_s_are_seen():
    larger = torch.nn.functional.interpolate(some_images(1), size=(48, 48))
    assert net().see(larger).shape == (1, 1 + 6 * 6, 64)


def test_the_configuration_survives_a_round_trip(tmp_path):
    tiny(VOCABULARY, SIZE, 16).save_pretrained(tmp_path)
    again = Blip2ItmConfig.from_pretrained(tmp_path)
    assert (again.stem, again.query_spread, again.num_query_tokens) == ("conv", 0.5, 8)
