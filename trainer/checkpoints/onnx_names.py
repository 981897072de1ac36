"""What the files of an exported generator are called, apart from `export`: whoever looks for them needs no ONNX."""

GENERATOR, MAPPING = "generator.onnx", "mapping.onnx"
