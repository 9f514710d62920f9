"""The live path: signals each commit, encodes each frame once, and sends it to every socket."""
