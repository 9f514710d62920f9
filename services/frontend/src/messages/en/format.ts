export default {
  range: "{first} to {last}",
  part: "{done} of {total}",
  left: "{time} left",
  duration: {
    d: "{amount} d",
    h: "{amount} h",
    min: "{amount} min",
    s: "{amount} s",
    ms: "{amount} ms",
  },
  bytes: {
    B: "{amount} B",
    kB: "{amount} kB",
    MB: "{amount} MB",
    GB: "{amount} GB",
    TB: "{amount} TB",
  },
  ago: {
    now: "just now",
    s: "{amount} s ago",
    min: "{amount} min ago",
    h: "{amount} h ago",
    d: "{amount} d ago",
  },
} as const;
