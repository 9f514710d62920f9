export default {
  title: "Samples",
  none: "None yet. Videos are drawn as training goes on, and at the end.",
  step: "Step",
  base: "Base",
  showLarge: "{label}: {prompt}. Show it large",
  seed: "seed {seed}",
  download: "Download",
} as const;
