"""Map & diagnosis: real and generated features in one plane, and the verdict."""
