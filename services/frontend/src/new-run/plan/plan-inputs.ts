import type { PlanRequest } from "@/api/schema";
import type { Config } from "@/new-run/form/draft";
import type { Wishes } from "./plan-panel";
import { positive } from "./plan-text";

const PRICE = "loradeck.price";
const DAYS = "5";

/** The price is of this browser; the rest begins anew. */
export function rememberedWishes(): Wishes {
  return {
    secondsPerStep: "",
    secondsPerStepOf: null,
    price: localStorage.getItem(PRICE) ?? "",
    days: DAYS,
    trial: null,
  };
}

export function remember({ price }: Wishes) {
  localStorage.setItem(PRICE, price);
}

/** The run's name is no matter of the plan, nor of the check. */
export const plannable = (config: Config): Config => ({ ...config, name: "plan" });

/** What the plan is asked. */
export function planRequest(config: Config, datasetId: number | null, wishes: Wishes): PlanRequest {
  return {
    config: plannable(config),
    dataset_id: datasetId,
    seconds_per_step: positive(wishes.secondsPerStep),
    seconds_per_step_of: wishes.secondsPerStepOf && plannable(wishes.secondsPerStepOf),
    trial: wishes.trial,
    price_per_hour: positive(wishes.price),
    done_in_days: positive(wishes.days) ?? Number(DAYS),
  };
}
