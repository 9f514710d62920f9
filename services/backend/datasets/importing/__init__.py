"""Lists of clips in five formats become a manifest, and the facts of a scan become measurements in it."""
