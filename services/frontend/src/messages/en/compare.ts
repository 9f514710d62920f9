export default {
  title: "Compare",
  choice: "{run} ({state})",
  how: "Tick up to {most, number} runs in the list and press Compare, or add them here. Each gets a colour of its own on every chart, and the address of this page holds the choice, so it can be sent to others.",
  noRuns: "There is no run yet. When there are two, their curves can be laid over one another here.",
  add: "Add a run",
  emptyTitle: "Overlay runs",
  missing: "{id} is not here; it may have been deleted.",
  remove: "Remove {run}",
  legend: "Runs compared",
  removeHint: "Remove from the comparison",
} as const;
