import type { PlanRequest } from "@/api/schema";
import type { Config } from "@/new-run/form/draft";
import type { Asked } from "@/new-run/queries";
import { positive } from "./plan-text";

/** What the plan takes besides the config, as typed. */
export interface PlanInputs {
  secondsPerStep: string;
  /** The config for which they were typed; null where it had a mistake, so that they are of any. */
  secondsPerStepOf: Config | null;
  price: string;
  days: string;
  /** The task of the trial whose figures are to be used, if there was one. */
  trial: string | null;
}

const PRICE = "loradeck.price";
const DAYS = "5";

/** Start with the price last typed in this browser; the rest is empty. */
export function rememberedInputs(): PlanInputs {
  return {
    secondsPerStep: "",
    secondsPerStepOf: null,
    price: localStorage.getItem(PRICE) ?? "",
    days: DAYS,
    trial: null,
  };
}

export function remember({ price }: PlanInputs) {
  localStorage.setItem(PRICE, price);
}

/** The config with a fixed name: neither the plan nor the check depends on the run's name. */
export const plannable = (config: Config): Config => ({ ...config, name: "plan" });

/** The request for the plan of this config. */
export function planRequest({ config, ...ids }: Asked, inputs: PlanInputs): PlanRequest {
  return {
    config: plannable(config),
    ...ids,
    seconds_per_step: positive(inputs.secondsPerStep),
    seconds_per_step_of: inputs.secondsPerStepOf && plannable(inputs.secondsPerStepOf),
    trial: inputs.trial,
    price_per_hour: positive(inputs.price),
    done_in_days: positive(inputs.days) ?? Number(DAYS),
  };
}
