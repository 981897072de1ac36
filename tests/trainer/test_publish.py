"""The note of a publication stands in the model card, and nowhere else."""

from trainer.cards import model_card
from trainer.checkpoint import read_info


def test_a_note_ends_the_model_card(checkpoint):
    info = read_info(checkpoint("dcgan"))
    info.train.clear()
    info.data.update(pictures=3, licence="free", credit="nobody")
    bare, noted = model_card("x", info), model_card("x", info, "Its first half had another R1 weight.")
    assert noted == bare + "\nIts first half had another R1 weight.\n"
