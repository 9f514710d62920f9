import type { PlanRead } from "@/api/schema";

const DAY = 86_400;

/** The plan of a run that takes 246 days, as the server answers, with `more` of it set. */
export function aPlan(more: Partial<PlanRead> = {}): PlanRead {
  return {
    samples: {
      rows: 170_180,
      used: 170_170,
      videos: 80_170,
      images: 90_000,
      held_out: 0,
      left_out: [{ why: "quarantined", rows: 10 }],
      is_counted: true,
    },
    buckets: [{ shape: "480x832x49", samples: 170_170 }],
    ranks: 2,
    steps_per_epoch: 850_900,
    total_steps: 4_254_500,
    is_exact: true,
    seconds_per_step: { low: 5, high: 5 },
    source: "own",
    source_text: "Your own figure.",
    trial_text: "",
    parts: [
      { what: "steps", count: 4_254_500, amount: { low: 246.2 * DAY, high: 246.2 * DAY } },
      { what: "evaluations", count: 42_546, amount: { low: 15 * DAY, high: 30 * DAY } },
    ],
    total: { low: 261 * DAY, high: 276 * DAY },
    disk: {
      parts: [{ what: "cache", count: 170_170, amount: { low: 4e11, high: 5e11 } }],
      total: { low: 4e11, high: 5e11 },
      free_bytes: 2e11,
    },
    cache: null,
    memory: {
      card: "Tesla V100",
      cards: 2,
      card_bytes: 3.4e10,
      measured_bytes: null,
      needed_bytes: 3.7e10,
      least_bytes: 1.4e10,
      fits: true,
    },
    cost: null,
    warnings: [{ code: "too_long", message: "4,254,500 steps a rank take 246 days.", hint: "Lower epochs." }],
    done_in_days: 5,
    ways: [
      {
        label: "1 epoch, 1 repeat, 17 frames",
        changes: { num_epochs: 1, dataset_repeat: 1, num_frames: 17 },
        total: { low: 3 * DAY, high: 4.6 * DAY },
        is_enough: true,
      },
    ],
    ...more,
  };
}
