export default {
  follow: "Follow",
  pause: "Pause",
  notBegun: "Nothing printed: the run has not begun.",
  nothing: "Nothing printed yet.",
  reading: "Reading…",
  cut: "… earlier lines are in the run folder",
  title: "Log",
  attemptLabel: "Attempt",
  toEnd: "To the end",
  label: "What the run prints",
} as const;
