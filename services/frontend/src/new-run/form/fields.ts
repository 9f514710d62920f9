/** A setting of the run config as the form shows it. `fallback` is the trainer's own default, taken where nothing is given. */
export interface Field {
  key: string;
  label: string;
  kind: "int" | "float" | "text" | "bool" | "choice" | "lines";
  fallback: string | boolean;
  unit?: string;
  help?: string;
  choices?: readonly (readonly [value: string, label: string])[];
}

export interface FieldGroup {
  title: string;
  fields: readonly Field[];
}

const field = (
  key: string,
  label: string,
  kind: Field["kind"],
  fallback: Field["fallback"],
  more?: Partial<Field>,
) => ({
  key,
  label,
  kind,
  fallback,
  ...more,
});

/** What most people set. */
export const MAIN_FIELDS: readonly Field[] = [
  field("width", "Width", "int", "832", { unit: "px", help: "A multiple of 32" }),
  field("height", "Height", "int", "480", { unit: "px", help: "A multiple of 32" }),
  field("num_frames", "Frames", "int", "49", { help: "4n+1, such as 17, 49 or 81" }),
  field("lora_rank", "LoRA rank", "int", "32"),
  field("learning_rate", "Learning rate", "float", "1e-4"),
  field("dataset_repeat", "Repeats", "int", "1", { help: "Times each clip is seen in an epoch" }),
  field("num_epochs", "Epochs", "int", "1"),
  field("max_steps", "Step limit", "int", "", { help: "Optimizer steps; empty for none" }),
];

/** The rest, by what it is about. */
export const MORE_FIELDS: readonly FieldGroup[] = [
  {
    title: "Data",
    fields: [
      field("buckets", "Buckets", "lines", "", {
        help: "Shapes to train at, height x width x frames, one a line like 480x832x49; empty for the size above alone",
      }),
      field("batch_size", "Batch", "int", "1", { help: "Clips of one shape that a process takes at a time" }),
      field("validation_clips", "Clips held out", "int", "", {
        help: "Evaluated and never trained on; empty for a few of a large data set",
      }),
    ],
  },
  {
    title: "LoRA and conditioning",
    fields: [
      field("lora_target_modules", "Target modules", "text", "q,k,v,o,ffn.0,ffn.2", {
        help: "Ends of the names of the DiT's linear layers",
      }),
      field("lora_checkpoint", "Begin from a LoRA", "text", "", {
        help: "A safetensors file of the same rank, targets and model; empty for a fresh LoRA",
      }),
      field("extra_inputs", "Condition", "choice", "", {
        choices: [
          ["", "Text only"],
          ["input_image", "Text and first frame"],
        ],
      }),
    ],
  },
  {
    title: "Optimizer",
    fields: [
      field("warmup_steps", "Warm-up", "int", "10", { unit: "steps" }),
      field("weight_decay", "Weight decay", "float", "0.01"),
      field("max_grad_norm", "Largest gradient norm", "float", "1.0"),
      field("gradient_accumulation_steps", "Gradient accumulation", "int", "1", {
        help: "Batches a process in one step",
      }),
      field("seed", "Seed", "int", "0"),
    ],
  },
  {
    title: "Saving, evaluating, sampling",
    fields: [
      field("save_steps", "Checkpoint every", "int", "500", { unit: "steps" }),
      field("save_minutes", "Checkpoint also every", "float", "", { unit: "min", help: "Empty for steps alone" }),
      field("keep_checkpoints", "Checkpoints kept", "int", "10", {
        help: "The newest, and the best evaluated besides",
      }),
      field("eval_steps", "Evaluate every", "int", "100", { unit: "steps" }),
      field("eval_samples", "Clips in an evaluation", "int", "8"),
      field("sample_steps", "Sample every", "int", "500", { unit: "steps" }),
      field("sample_minutes", "Sample also every", "float", "", { unit: "min", help: "Empty for steps alone" }),
      field("sample_num_inference_steps", "Denoising steps of a sample", "int", "30"),
      field("sample_cfg_scale", "Guidance of a sample", "float", "5.0"),
      field("sample_prompts", "Sample prompts", "lines", "", {
        help: "One a line; empty takes the captions of two evaluated clips",
      }),
    ],
  },
  {
    title: "Hardware",
    fields: [
      field("num_processes", "Processes", "int", "", { help: "Empty for one a GPU, or one on the CPU" }),
      field("distributed_type", "Several processes", "choice", "ddp", {
        choices: [
          ["ddp", "DDP"],
          ["zero2", "DeepSpeed ZeRO-2"],
          ["zero3", "ZeRO-3: the base shared, too"],
        ],
      }),
      field("mixed_precision", "Precision of the base", "choice", "auto", {
        choices: [
          ["auto", "Automatic"],
          ["bf16", "bf16"],
          ["fp16", "fp16, with a scaled loss"],
          ["fp32", "fp32"],
        ],
      }),
      field("float8_base", "Float8 products", "bool", false, {
        help: "Of the frozen base, on an H100 or newer: faster, less exact",
      }),
      field("use_gradient_checkpointing", "Gradient checkpointing", "choice", "auto", {
        help: "Less memory, slower steps",
        choices: [
          ["auto", "Where memory asks for it"],
          ["true", "In all blocks"],
          ["false", "Never"],
        ],
      }),
    ],
  },
  {
    title: "Model files",
    fields: [
      field("model_paths", "Model files", "lines", "", { help: "One a line, on the server; empty for the usual ones" }),
      field("tokenizer_path", "Tokenizer folder", "text", "", { help: "Empty for the usual one" }),
    ],
  },
];

export const ALL_FIELDS: readonly Field[] = [...MAIN_FIELDS, ...MORE_FIELDS.flatMap((group) => group.fields)];

/** Settings that other parts of the form set. */
export const SET_ELSEWHERE: readonly string[] = ["name", "model", "dataset_base_path", "dataset_metadata_path"];
