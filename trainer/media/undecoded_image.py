"""Recognise images that nothing here decodes, HEIC and JPEG XL, by the first bytes of their files."""

from typing import IO

STILL_BRANDS = {"heic": "HEIC", "heix": "HEIC", "heim": "HEIC", "heis": "HEIC", "mif1": "HEIF", "avif": "AVIF"}
"""Major brands of files of still pictures (ISO/IEC 23008-12, annex B; AV1 Image File Format, 6), and their names."""
_READ_BY_PILLOW = ("avif",)
_JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
"""How its bare codestream and its container begin (ISO/IEC 18181-2)."""


def undecoded_format(file: IO[bytes]) -> str:
    """Return the name of the format; empty if it is none of these."""
    file.seek(0)
    head = file.read(12)
    if head.startswith(_JPEG_XL):
        return "JPEG XL"
    brand = head[8:12].decode("latin-1")
    return STILL_BRANDS.get(brand, "") if head[4:8] == b"ftyp" and brand not in _READ_BY_PILLOW else ""
