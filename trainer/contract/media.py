"""The suffixes of videos and images: the one table by which folders are listed and rows are told apart.

A suffix says what a file is taken for; whether it can be decoded is found when it is opened.
"""

import os

VIDEO_SUFFIXES = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv", ".flv", ".f4v", ".3gp", ".3g2", ".gif"),
        *(".mpg", ".mpeg", ".m2v", ".vob", ".ts", ".mts", ".m2ts", ".ogv", ".mxf", ".asf"),
    )
)
IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2")
)


def is_image(name: str) -> bool:
    """Check whether a file is an image; what else a data set lists is taken for a video."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def is_media(name: str) -> bool:
    """Check whether a file in a folder is a clip."""
    return os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES
