"""The note of a publication stands in the model card, and nowhere else."""

from trainer.checkpoints.checkpoint import read_info
from trainer.checkpoints.model_card import model_card


def test_a_note_ends_the_model_card(checkpoint):
    info = read_info(checkpoint("dcgan"))
    info.train.clear()
    info.data.update(pictures=3, licence="free", credit="nobody")
    bare, noted = model_card("x", info), model_card("x", info, "Its first half had another R1 weight.")
    assert noted == bare + "\nIts first half had another R1 weight.\n"
