"""Facts about the recipe: its spellings say the same, equal ones are spelled alike, impossible ones are told."""

import io
import json
import struct
import zlib
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from PIL import Image

from explorer.core.recipe import MAX_EDITS, Edit, Mix, Recipe, is_link, pack, unpack
from explorer.core.spelling import MAX_SEED
from trainer.checkpoints.spec import MAX_PSI, MIN_PSI
from trainer.util.errors import UserError

NUMBERS = np.random.default_rng(0).standard_normal(64).astype(np.float32)
RECIPES = {
    "plain": Recipe("mnist-dcgan"),
    "all": Recipe("a b&c=d/ü", 7, label=0, psi=0.7, cutoff=4, noise="none", edits=(Edit("pca:0", -1.5, 2, 3),)),
    "z": Recipe("m", z=pack(NUMBERS)),
    "w": Recipe("m", w=pack(NUMBERS), noise="random", seed=MAX_SEED),
    "mix": Recipe("m", 1, mix=(Mix(7, 0, 3), Mix(MAX_SEED, 4))),
    "edits": Recipe("m", psi=0, edits=(Edit("sefa:1", 2), Edit("pca:9", 1e-3, 1), Edit("pca:9", 0.1 + 0.2, 0, 0))),
    "text that looks like JSON": Recipe("7", z="", w="null"),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_spelling_restores_the_recipe(recipe):
    image = Image.new("RGB", (4, 4))
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert Recipe.from_query(recipe.to_query()) == recipe
    assert Recipe.from_png(Image.open(io.BytesIO(recipe.to_png(image)))) == recipe
    assert recipe.to_query().isascii()


def test_the_spelling_leaves_defaults_out_and_keeps_the_order_of_the_fields():
    assert Recipe("m", seed=0, psi=1.0, noise="fixed").to_json() == '{"checkpoint":"m"}'
    assert Recipe(psi=0.5, seed=3, checkpoint="m").to_query() == "checkpoint=m&seed=3&psi=0.5"


def test_equal_recipes_are_spelled_alike():
    mixed = Recipe("m", psi=0, edits=[Edit("pca:0", 1), Edit("pca:1", -0.0)])
    exact = Recipe("m", psi=-0.0, edits=(Edit("pca:0", 1.0), Edit("pca:1", 0.0)))
    assert mixed == exact
    assert hash(mixed) == hash(exact)
    assert mixed.to_json() == exact.to_json()


def test_a_png_keeps_its_pixels():
    image = Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4))
    again = Image.open(io.BytesIO(RECIPES["all"].to_png(image)))
    assert np.array_equal(np.asarray(again), np.asarray(image))


def test_a_link_may_carry_keys_of_others():
    assert Recipe.from_query("checkpoint=m&seed=3&__theme=dark&view=api") == Recipe("m", 3)


def test_vectors_are_exact_to_the_last_bit():
    assert np.array_equal(unpack(pack(NUMBERS), "z"), NUMBERS)
    assert pack(np.array([1.0])) == "AACAPw=="  # little-endian float32


IMPOSSIBLE = {
    "no checkpoint": {"checkpoint": None},
    "number as checkpoint": {"checkpoint": 5},
    "negative seed": {"seed": -1},
    "huge seed": {"seed": 2**32},
    "astronomic seed": {"seed": 10**400},
    "fractional seed": {"seed": 1.5},
    "true as seed": {"seed": True},
    "text as seed": {"seed": "7"},
    "number as z": {"z": 5},
    "list as w": {"w": [1.0]},
    "null as w": {"w": None},
    "negative label": {"label": -1},
    "text as label": {"label": "cat"},
    "NaN psi": {"psi": float("nan")},
    "infinite psi": {"psi": float("inf")},
    "astronomic psi": {"psi": 10**400},
    "wild psi": {"psi": 2.5},
    "no psi": {"psi": None},
    "negative cutoff": {"cutoff": -1},
    "unknown noise": {"noise": "loud"},
    "list as noise": {"noise": []},
    "edits no list": {"edits": 5},
    "no edits": {"edits": None},
    "edit without strength": {"edits": [["pca:0"]]},
    "edit with too much": {"edits": [["pca:0", 1, 0, 1, 2]]},
    "edit not a list": {"edits": [5]},
    "NaN strength": {"edits": [["pca:0", float("nan")]]},
    "wild strength": {"edits": [["pca:0", 1e9]]},
    "astronomic strength": {"edits": [["pca:0", 10**400]]},
    "text as strength": {"edits": [["pca:0", "1"]]},
    "number as direction": {"edits": [[0, 1]]},
    "negative layer": {"edits": [["pca:0", 1, -1]]},
    "no first layer": {"edits": [["pca:0", 1, None]]},
    "fractional layer": {"edits": [["pca:0", 1, 0, 1.5]]},
    "too many edits": {"edits": [["pca:0", 1]] * (MAX_EDITS + 1)},
    "strength just too large": {"edits": [["pca:0", 100.01]]},
    "strength just too small": {"edits": [["pca:0", -100.01]]},
    "true as strength": {"edits": [["pca:0", True]]},
    "long direction": {"edits": [["a" * 301, 1]]},
    "true as layer": {"edits": [["pca:0", 1, True]]},
    "layer beyond any network": {"edits": [["pca:0", 1, 10**6 + 1]]},
    "last layer beyond any network": {"edits": [["pca:0", 1, 0, -(10**6) - 1]]},
    "true as psi": {"psi": True},
    "true as cutoff": {"cutoff": True},
    "cutoff beyond any network": {"cutoff": 10**6 + 1},
    "huge label": {"label": 2**32},
    "mixed seed below 0": {"mix": [[-1]]},
    "mixed layer below 0": {"mix": [[1, -1]]},
    "mix without a seed": {"mix": [[]]},
    "mix with too much": {"mix": [[1, 0, 1, 2]]},
    "unknown field": {"sead": 1},
}


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 0}, {"seed": 2**32 - 1}, {"psi": MIN_PSI}, {"psi": MAX_PSI},
        {"label": 0}, {"label": MAX_SEED}, {"psi": 0}, {"cutoff": 0},
        {"cutoff": 10**6}, {"edits": [["pca:0", 100]] * 100}, {"edits": [["a" * 300, -100, 10**6, -(10**6)]]},
        {"mix": [[MAX_SEED, 10**6, 10**6]] * 100}, {"mix": [[0]]}, {"checkpoint": "a" * 300}, {"z": "A" * 4_000_000},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_values_at_the_ends_of_their_ranges_are_taken(change):
    recipe = Recipe.from_dict({"checkpoint": "m"} | change)
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_what_a_recipe_leaves_out_is_the_first_seed_untruncated_from_the_first_layer_on():
    assert Recipe("m") == Recipe("m", 0, "", "", (), None, 1.0, None, "fixed", (), "")
    assert Edit("pca:0", 1) == Edit("pca:0", 1, 0, None)
    assert Mix(1) == Mix(1, 0, None)


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_value_is_told(change):
    with pytest.raises(UserError, match="recipe"):
        Recipe.from_dict({"checkpoint": "m"} | change)


@pytest.mark.parametrize("text", ["", "no", "[]", "5", "null", "{}", '{"checkpoint":', "[" * 100_000, "9" * 5_000])
def test_what_is_no_recipe_is_told(text):
    with pytest.raises(UserError, match="recipe"):
        Recipe.from_json(text)


@pytest.mark.parametrize("query", ["", "seed=3", "checkpoint=m&seed=x", "checkpoint=m&edits=" + "[" * 100_000])
def test_a_link_that_cannot_be_read_is_told(query):
    with pytest.raises(UserError, match=r"recipe|link"):
        Recipe.from_query(query)


def test_an_image_without_a_recipe_is_told():
    with pytest.raises(UserError, match="contains no recipe"):
        Recipe.from_png(Image.new("L", (4, 4)))


@pytest.mark.parametrize("text", ["no base64!", "AAA", "AAAA", "ü", pack(NUMBERS)[:-3], pack(NUMBERS) + "!"])
def test_a_vector_that_is_no_base64_of_float32_is_told(text):
    with pytest.raises(UserError, match="recipe's z is not base64"):
        unpack(text, "z")


def test_a_vector_may_reach_a_million_on_either_side():
    assert unpack(pack(np.array([1e6, -1e6])), "w").tolist() == [1e6, -1e6]


@pytest.mark.parametrize("number", [np.nan, np.inf, -1e30, 1e6 + 0.5, -1e6 - 0.5])
def test_a_vector_of_unsound_numbers_is_told(number):
    with pytest.raises(UserError, match="recipe's w holds NaN"):
        unpack(pack(np.array([0, number])), "w")


@pytest.mark.parametrize(
    "query",
    [
        "checkpoint=m&amp;seed=3&amp;psi=0.5",
        "checkpoint=m&amp;amp;seed=3&amp;amp;psi=0.5",
        "checkpoint=m&AMP;seed=3&amp;psi=0.5",
        "checkpoint=m&amp%3Bseed=3&amp%3Bpsi=0.5",
        "amp;checkpoint=m&seed=3&psi=0.5",
        "checkpoint=m&seed=3&psi=0.5&utm_source=mail&fbclid=x&gclid=y&__theme=dark&__lang=de&view=api&mc_cid=1",
        "checkpoint=m&seed=3&seed=3&psi=0.5",
    ],
)
def test_a_link_that_a_mail_has_changed_opens_the_same_image(query: str):
    assert Recipe.from_query(query) == Recipe("m", 3, psi=0.5)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("checkpoint=m&sead=3", "unknown fields: sead"),
        ("checkpoint=m&Seed=3", "unknown fields: Seed"),
        ("checkpoint=m&ampseed=3", "unknown fields: ampseed"),
        ("checkpoint=m&seed=3&seed=4", "two different values"),
        ("checkpoint=m&seed=3D7", "cannot be read"),
        ("checkpoint=m&seed=", "cannot be read"),
        ("checkpoint=m&seed=" + "9" * 5000, "cannot be read"),
        ("checkpoint=m&seed=1e400", "seed is inf"),
        ("checkpoint=m&psi=NaN", "psi is nan"),
        ("checkpoint=m&mix=7", "mix is 7; it must be a list"),
        ("amp;seed=3", "names no checkpoint"),
    ],
)
def test_a_link_that_would_open_another_image_is_refused(query: str, message: str):
    with pytest.raises(UserError, match=message) as error:
        Recipe.from_query(query)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("query", "meant"),
    [("", False), ("__theme=dark&view=api", False), ("foo=1", False), ("ckeckpoint=m", True), ("sed=3", True),
     ("fbid=3", False), ("seed=3", True), ("Checkpoint=m", True),
     ("amp;checkpoint=m", True), ("checkpoint=m", True), ("recipe={}", True)],
)  # fmt: skip
def test_an_address_without_any_field_is_no_link(query: str, meant: bool):
    assert is_link(query) == meant


def behind_the_pixels(recipe: str, size: tuple[int, int] = (4, 4)) -> bytes:
    """A PNG whose text stands after its pixels, as some programs save it."""
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "PNG")
    data = b"recipe\0" + recipe.encode()
    chunk = struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))
    whole = buffer.getvalue()
    return whole[:-12] + chunk + whole[-12:]


def test_a_recipe_behind_the_pixels_is_read():
    recipe = Recipe("m", 3)
    assert Recipe.from_png(Image.open(io.BytesIO(behind_the_pixels(recipe.to_json())))) == recipe
    with pytest.raises(UserError, match="invalid JSON"):
        Recipe.from_png(Image.open(io.BytesIO(behind_the_pixels("{"))))


def test_a_huge_or_broken_image_is_not_decoded_for_a_recipe():
    data = behind_the_pixels(Recipe("m", 3).to_json())
    with pytest.raises(UserError, match="contains no recipe"):
        Recipe.from_png(Image.open(io.BytesIO(data[:-40])))
    with pytest.raises(UserError, match="contains no recipe"):
        Recipe.from_png(Image.open(io.BytesIO(data)), max_pixels=15)
    assert Recipe.from_png(Image.open(io.BytesIO(data)), max_pixels=16) == Recipe("m", 3)


@pytest.mark.parametrize(("rows", "read"), [(4096, True), (4097, False)])
def test_sixteen_million_pixels_are_decoded_for_a_recipe_and_no_more(rows, read):
    image = Image.open(io.BytesIO(behind_the_pixels(Recipe("m", 3).to_json(), (4096, rows))))
    if read:
        assert Recipe.from_png(image) == Recipe("m", 3)
    else:
        with pytest.raises(UserError, match="contains no recipe"):
            Recipe.from_png(image)


def test_no_part_of_a_recipe_can_be_changed():
    for part in (Recipe("m"), Edit("pca:0", 1), Mix(1)):
        with pytest.raises(FrozenInstanceError):
            part.seed = 7


@pytest.mark.parametrize(
    "parts", [{"edits": (Edit("pca:0", 1),) * 101}, {"mix": (Mix(1),) * 101}], ids=["edits", "mix"]
)
def test_a_recipe_holds_a_hundred_edits_and_as_many_mixed_seeds(parts):
    with pytest.raises(UserError, match="is 101; it must be at most 100"):
        Recipe("m", **parts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edits": [["pca:0", 1.0]] * 1_000_000}, "number of edits is 1000000"),
        ({"mix": [[1]] * 101}, "number of mix is 101"),
        ({"edits": [["pca:0"]]}, r"edits holds \['pca:0'\]; it must be a list of \[direction, strength, first, last\]"),
        ({"edits": ["pca:0"]}, "edits holds 'pca:0'"),
        ({"edits": {"pca:0": 1}}, "edits is"),
        ({"cutoff": 10**30}, "cutoff is"),
        ({"w": "A" * 5_000_000}, "at most 4,000,000 characters"),
        ({"checkpoint": "a" * 301}, "at most 300 characters"),
        ({"seed": 10**5000}, "too large to be shown"),
    ],
    ids=lambda thing: repr(thing)[:30] if isinstance(thing, str) else "",
)
def test_counts_come_first_and_values_are_shown_short(changes: dict, message: str):
    with pytest.raises(UserError, match=message) as error:
        Recipe.from_dict({"checkpoint": "m", **changes})
    assert len(str(error.value)) < 300
