export default {
  answered: "Loradeck answered {status}.",
  unreachable: {
    message: "Loradeck cannot be reached.",
    hint: "Check that it is running, then try again.",
  },
} as const;
