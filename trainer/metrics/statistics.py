"""Training statistics: what a run measures of its own steps. `trainer.metrics.training` computes some of them."""

from trainer.metrics.base import FIGURES, SHARE, Chart, Figure

LOSSES = Chart("Losses", 10, log=True)
ACCURACY = Chart("D's accuracy", 20)
GRADIENTS = Chart("Gradient norms", 80, log=True)

FIGURES["loss_d"] = Figure("Loss of D", "mean loss of the discriminator", range=(None, None), chart=LOSSES, label="D")
FIGURES["loss_g"] = Figure("Loss of G", "mean loss of the generator", range=(None, None), chart=LOSSES, label="G")
FIGURES["d_accuracy_real"] = Figure(
    "D's accuracy on real images",
    "share of real images that D takes for real",
    better="half",
    range=SHARE,
    chart=ACCURACY,
    label="on real",
)
FIGURES["d_accuracy_fake"] = Figure(
    "D's accuracy on generated images",
    "share of generated images that D takes for generated",
    better="half",
    range=SHARE,
    chart=ACCURACY,
    label="on generated",
)
FIGURES["grad_d"] = Figure(
    "Gradient of D", "Euclidean norm of all gradients of D", chart=GRADIENTS, label="D", unit="loss per unit of weight"
)
FIGURES["grad_g"] = Figure(
    "Gradient of G", "Euclidean norm of all gradients of G", chart=GRADIENTS, label="G", unit="loss per unit of weight"
)
CYCLE = Chart("CycleGAN: L1 distances", 98, log=True)
CYCLE_LOSSES = Chart("CycleGAN: the other direction and its critic", 97, log=True)

FIGURES["cycle_a"] = Figure(
    "Cycle error of A",
    "mean absolute difference between images of A and their way to B and back, pixels in -1 to 1",
    better="lower",
    chart=CYCLE,
    label="A to B to A",
)
FIGURES["cycle_b"] = Figure(
    "Cycle error of B",
    "mean absolute difference between images of B and their way to A and back, pixels in -1 to 1",
    better="lower",
    chart=CYCLE,
    label="B to A to B",
)
FIGURES["identity_a"] = Figure(
    "Identity error of A",
    "mean absolute difference between images of A and their translation to A, pixels in -1 to 1",
    better="lower",
    chart=CYCLE,
    label="A to A",
)
FIGURES["identity_b"] = Figure(
    "Identity error of B",
    "mean absolute difference between images of B and their translation to B, pixels in -1 to 1",
    better="lower",
    chart=CYCLE,
    label="B to B",
)
FIGURES["loss_d_a"] = Figure(
    "Loss of A's critic", "mean loss of the critic of A", range=(None, None), chart=CYCLE_LOSSES, label="critic of A"
)
FIGURES["loss_g_a"] = Figure(
    "Loss of the way to A",
    "mean adversarial loss of the generator from B to A",
    range=(None, None),
    chart=CYCLE_LOSSES,
    label="B to A",
)
FIGURES["d_accuracy_real_a"] = Figure(
    "A's critic on real images",
    "share of patches of real images of A that their critic takes for real",
    better="half",
    range=SHARE,
    chart=ACCURACY,
    label="on real, A",
)
FIGURES["d_accuracy_fake_a"] = Figure(
    "A's critic on translations",
    "share of patches of translations to A that their critic takes for generated",
    better="half",
    range=SHARE,
    chart=ACCURACY,
    label="on generated, A",
)
FIGURES["grad_d_a"] = Figure(
    "Gradient of A's critic",
    "Euclidean norm of all gradients of the critic of A",
    chart=GRADIENTS,
    label="critic of A",
    unit="loss per unit of weight",
)
FIGURES["jsd"] = Figure(
    "Jensen-Shannon divergence, lower bound",
    "lower bound of the divergence on D's own batches, at most log 2",
    unit="nats",
    range=(-0.1, 0.7),
    chart=Chart("Jensen-Shannon divergence, lower bound from D", 90),
    label="nats, at most 0.69",
)
FIGURES["distance"] = Figure(
    "Critic's estimate of the distance",
    "mean of the critic over real images less that over generated ones",
    range=(None, None),
    chart=Chart("Critic's Wasserstein estimate", 91),
    label="real minus generated",
)
FIGURES["reconstruction"] = Figure(
    "Reconstruction error",
    "mean squared error of a VAE's reconstruction, pixels in -1 to 1",
    better="lower",
    chart=Chart("VAE: reconstruction error", 92, log=True),
    label="of pixels in -1 to 1",
)
FIGURES["l1"] = Figure(
    "L1 distance from the truth",
    "mean absolute difference of what a translator makes from the truth, pixels in -1 to 1",
    better="lower",
    chart=Chart("Translation: L1 distance", 92, log=True),
    label="of pixels in -1 to 1",
)
FIGURES["code_l1"] = Figure(
    "L1 distance of the style codes",
    "mean absolute difference between a style code and what is read of the image made with it",
    better="lower",
    chart=Chart("BicycleGAN: L1 distance of the style codes", 94),
    label="in standard deviations",
)
FIGURES["divergence"] = Figure(
    "Divergence from the prior",
    "divergence of a VAE's posterior from its prior",
    unit="nats an image",
    chart=Chart("VAE: KL divergence from the prior", 93),
    label="nats an image",
)
FIGURES["code_loss"] = Figure(
    "Loss of the codes",
    "how badly InfoGAN's codes are read from the images",
    unit="nats",
    better="lower",
    chart=Chart("InfoGAN: loss of the codes", 94),
    label="nats, lower is better",
)
FIGURES["augmented"] = Figure(
    "Augmentation probability",
    "share of images that are augmented (ADA)",
    range=SHARE,
    chart=Chart("Augmentation probability (ADA)", 95),
    label="adapts",
)
FIGURES["images_per_s"] = Figure(
    "Images per second",
    "real images that a training sees in a second",
    better="higher",
    chart=Chart("Images per second", 96),
    label="while training",
)
