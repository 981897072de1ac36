"""What the files of an exported checkpoint are called, apart from `export`: whoever looks for them needs no ONNX."""

GENERATOR, MAPPING = "generator.onnx", "mapping.onnx"
TRANSLATOR, BACK, CRITIC = "translator.onnx", "back.onnx", "critic.onnx"
NETWORKS = (GENERATOR, TRANSLATOR, BACK, CRITIC)  # what a page runs
