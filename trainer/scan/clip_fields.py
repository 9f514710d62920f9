"""Put a clip's header into the fields of a scan's fact."""

from typing import Any

from trainer.media.header import ClipHeader


def clip_fields(header: ClipHeader) -> dict[str, Any]:
    """Return the fields of `trainer.contract.scan.Media` that a header gives."""
    return {
        "container": header.container,
        "codec": header.codec,
        "width": header.shown.width,
        "height": header.shown.height,
        "rotation": header.orientation.rotation,
        "is_mirrored": header.orientation.is_mirrored,
        "has_square_pixels": header.has_square_pixels,
        "pixel_aspect": float(header.pixel_aspect),
        "is_interlaced": header.is_interlaced,
        "is_steady": header.is_steady,
        "has_alpha": header.has_alpha,
        "colour": str(header.colour),
        "frames": header.frames,
        "fps": round(header.fps, 3) if header.fps else None,
        "duration_s": round(header.duration_s, 3) if header.duration_s else None,
    }
