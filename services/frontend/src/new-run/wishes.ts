import type { PlanRequest } from "@/api/schema";
import type { Config } from "./draft";
import type { Wishes } from "./plan-panel";
import { positive } from "./plan-text";

const PRICE = "loradeck.price";
const DAYS = "5";

/** The price is of this browser; the rest begins anew. */
export function rememberedWishes(): Wishes {
  return { secondsPerStep: "", price: localStorage.getItem(PRICE) ?? "", days: DAYS, trial: null };
}

export function remember({ price }: Wishes) {
  localStorage.setItem(PRICE, price);
}

/** What the plan is asked. The run's name is no matter of it. */
export function planRequest(config: Config, datasetId: number | null, wishes: Wishes): PlanRequest {
  return {
    config: { ...config, name: "plan" },
    dataset_id: datasetId,
    seconds_per_step: positive(wishes.secondsPerStep),
    trial: wishes.trial,
    price_per_hour: positive(wishes.price),
    done_in_days: positive(wishes.days) ?? Number(DAYS),
  };
}
