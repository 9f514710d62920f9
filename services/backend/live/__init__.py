"""The live path: signal each commit, encode each frame once, and send it to every socket."""
