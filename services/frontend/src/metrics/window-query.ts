import type { Axis, paths } from "@/api/schema";
import type { Span } from "@/chart/range";

type Query = NonNullable<paths["/api/metrics"]["get"]["parameters"]["query"]>;

/** So much of a zoomed window is fetched beside it, to be there when it is moved. */
const BESIDE = 0.25;

/** A point is worth so many pixels. */
const PIXELS = 250;
const MOST = 1_500;

/** How many points a chart of this width can show: by steps, so that not each resize fetches anew. */
export const pointsIn = (widthPx: number) => Math.min(MOST, Math.ceil(widthPx / PIXELS) * PIXELS);

/** What is asked for to show this span of these runs in so many points. */
export function windowQuery(
  run: readonly string[],
  metric: string,
  x: Axis,
  { from, to }: Span,
  superseded: boolean,
  points: number,
): Query {
  const beside = from !== null && to !== null ? (to - from) * BESIDE : 0;
  const whole = (place: number) => (x === "step" ? Math.round(place) : place);
  return {
    run: [...run],
    keys: [metric],
    x,
    buckets: Math.round(points * (beside > 0 ? 1 + 2 * BESIDE : 1)),
    ...(from !== null && { from: whole(from - beside) }),
    ...(to !== null && { to: whole(to + beside) }),
    ...(superseded && { attempts: "all" as const }),
  };
}
