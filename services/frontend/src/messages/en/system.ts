export default {
  status: {
    connecting: "connecting",
    live: "live",
    lost: "reconnecting",
  },
  unreachableHelp:
    "Runs go on without this page and without the backend. If it was stopped, start it again with <code>loradeck up</code>.",
  unreachable: "Cannot reach Loradeck, retrying.",
  free: "{size} free",
  version: "Loradeck {version}",
  agentsBusy: "{agents, plural, one {# agent} other {# agents}} online, {busy, number} at work",
  agentsIdle: "{agents, plural, one {# agent} other {# agents}} online, idle",
  gpus: "{gpus, plural, one {# GPU} other {# GPUs}}",
  cpuOnly: "CPU only",
  noGpu: "no GPU",
  agentRuns: "{host}: {gpus}; runs {runs}",
  agent: "{host}: {gpus}",
  problem: "Problem",
  noAgent: "no agent online: runs will wait",
} as const;
