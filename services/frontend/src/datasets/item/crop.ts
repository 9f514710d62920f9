/** A height and a width in pixels. */
export interface Size {
  height: number;
  width: number;
}

export interface Crop {
  /** The share of the picture that is cut away at each of the left and right, and of the top and bottom. */
  side: number;
  edge: number;
  /** The share of the whole picture that is cut away. */
  lost: number;
  /** Whether the picture must be enlarged to fill the target. */
  enlarged: boolean;
}

/** What is cut away where a picture is scaled to cover the target and then cut to it about its middle. */
export function cropOf(picture: Size, target: Size): Crop {
  const scale = Math.max(target.width / picture.width, target.height / picture.height);
  const kept = {
    width: Math.min(1, target.width / (picture.width * scale)),
    height: Math.min(1, target.height / (picture.height * scale)),
  };
  return {
    side: (1 - kept.width) / 2,
    edge: (1 - kept.height) / 2,
    lost: 1 - kept.width * kept.height,
    enlarged: scale > 1,
  };
}

/** "704x1280" (height x width) as a size; null where it is none. */
export function sizeOf(text: string): Size | null {
  const found = /^\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*$/i.exec(text);
  const [height, width] = [Number(found?.[1]), Number(found?.[2])];
  return height >= 1 && width >= 1 ? { height, width } : null;
}

export const sizeText = ({ height, width }: Size) => `${height}x${width}`;
