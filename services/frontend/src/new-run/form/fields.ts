import { messages, t } from "@/messages";

const texts = messages.newRun;

/** A setting's name in the run config; the catalogue has a label for each. */
type FieldKey = keyof typeof texts.fields;

/** A setting of the run config as the form shows it. `fallback` is the trainer's own default, taken where nothing is given. */
export interface Field {
  key: FieldKey;
  kind: "int" | "float" | "text" | "bool" | "choice" | "lines";
  fallback: string | boolean;
  unit?: keyof typeof texts.units;
  help?: keyof typeof texts.help;
  choices?: readonly (readonly [value: string, label: keyof typeof texts.choices])[];
}

export interface FieldGroup {
  id: keyof typeof texts.groups;
  fields: readonly Field[];
}

const field = (key: FieldKey, kind: Field["kind"], fallback: Field["fallback"], more?: Partial<Field>) => ({
  key,
  kind,
  fallback,
  ...more,
});

/** What most people set. */
export const MAIN_FIELDS: readonly Field[] = [
  field("width", "int", "832", { unit: "px", help: "multipleOf32" }),
  field("height", "int", "480", { unit: "px", help: "multipleOf32" }),
  field("num_frames", "int", "49", { help: "num_frames" }),
  field("lora_rank", "int", "32"),
  field("learning_rate", "float", "1e-4"),
  field("dataset_repeat", "int", "1", { help: "dataset_repeat" }),
  field("num_epochs", "int", "1"),
  field("max_steps", "int", "", { help: "max_steps" }),
];

/** The rest, by what it is about. */
export const MORE_FIELDS: readonly FieldGroup[] = [
  {
    id: "data",
    fields: [
      field("buckets", "lines", "", { help: "buckets" }),
      field("batch_size", "int", "1", { help: "batch_size" }),
      field("validation_clips", "int", "", { help: "validation_clips" }),
    ],
  },
  {
    id: "lora",
    fields: [
      field("lora_target_modules", "text", "q,k,v,o,ffn.0,ffn.2", { help: "lora_target_modules" }),
      field("lora_checkpoint", "text", "", { help: "lora_checkpoint" }),
      field("extra_inputs", "choice", "", {
        choices: [
          ["", "textOnly"],
          ["input_image", "firstFrame"],
        ],
      }),
    ],
  },
  {
    id: "optimizer",
    fields: [
      field("warmup_steps", "int", "10", { unit: "steps" }),
      field("weight_decay", "float", "0.01"),
      field("max_grad_norm", "float", "1.0"),
      field("gradient_accumulation_steps", "int", "1", { help: "gradient_accumulation_steps" }),
      field("seed", "int", "0"),
    ],
  },
  {
    id: "saving",
    fields: [
      field("save_steps", "int", "500", { unit: "steps" }),
      field("save_minutes", "float", "", { unit: "min", help: "emptyForSteps" }),
      field("keep_checkpoints", "int", "10", { help: "keep_checkpoints" }),
      field("eval_steps", "int", "100", { unit: "steps" }),
      field("eval_samples", "int", "8"),
      field("sample_steps", "int", "500", { unit: "steps" }),
      field("sample_minutes", "float", "", { unit: "min", help: "emptyForSteps" }),
      field("sample_num_inference_steps", "int", "30"),
      field("sample_cfg_scale", "float", "5.0"),
      field("sample_prompts", "lines", "", { help: "sample_prompts" }),
    ],
  },
  {
    id: "hardware",
    fields: [
      field("num_processes", "int", "", { help: "num_processes" }),
      field("distributed_type", "choice", "ddp", {
        choices: [
          ["ddp", "ddp"],
          ["zero2", "zero2"],
          ["zero3", "zero3"],
        ],
      }),
      field("mixed_precision", "choice", "auto", {
        choices: [
          ["auto", "automatic"],
          ["bf16", "bf16"],
          ["fp16", "fp16"],
          ["fp32", "fp32"],
        ],
      }),
      field("float8_base", "bool", false, { help: "float8_base" }),
      field("use_gradient_checkpointing", "choice", "auto", {
        help: "use_gradient_checkpointing",
        choices: [
          ["auto", "whereNeeded"],
          ["true", "allBlocks"],
          ["false", "never"],
        ],
      }),
    ],
  },
  {
    id: "modelFiles",
    fields: [
      field("model_paths", "lines", "", { help: "model_paths" }),
      field("tokenizer_path", "text", "", { help: "tokenizer_path" }),
    ],
  },
];

export const ALL_FIELDS: readonly Field[] = [...MAIN_FIELDS, ...MORE_FIELDS.flatMap((group) => group.fields)];

/** A field's label, help and unit in the reader's language. */
export const fieldText = ({ key, help, unit }: Field) => ({
  label: t(`newRun.fields.${key}`),
  help: help && t(`newRun.help.${help}`),
  unit: unit && t(`newRun.units.${unit}`),
});

/** Settings that other parts of the form set. */
export const SET_ELSEWHERE: readonly string[] = ["name", "model", "dataset_base_path", "dataset_metadata_path"];
