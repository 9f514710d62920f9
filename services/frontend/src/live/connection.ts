import WebSocket from "partysocket/ws";
import type { LiveFrame, LiveHello, RunRead } from "@/api/schema";
import { StepStore } from "./step-store";

export type Status = "connecting" | "live" | "lost";

export interface Listener {
  /** Frames in the order of their arrival, gathered so that a busy server costs ten updates a second. */
  onFrames: (frames: readonly LiveFrame[]) => void;
  /** A connection is there; `reset` says that nothing fetched before may be trusted. */
  onHello: (reset: boolean) => void;
  /** The connection is gone, or could not be made; a browser does not say why. */
  onLost: () => void;
}

interface Watched {
  watchers: number;
  /** 0 until the server streams this run to us; then which stretch of gap-free streaming it is. */
  coverage: number;
  store: StepStore;
}

/** As often as an eye follows a line that grows. */
const TELL_MS = 100;
const HIDDEN_MS = 1_000;

const NONE = { coverage: 0, version: 0 };

/**
 * The one socket of a page. Each connection asks for what lies after the last cursor, so a dropped one leaves no hole.
 *
 * `coverage` is what makes REST and socket fit: a window that was fetched after the run's coverage began, and all that
 * arrives from then on, has no gap between. It moves when a run is newly watched, when the server has lost our place, and when
 * a run went on too far for frames to tell.
 */
export class LiveConnection {
  private socket?: WebSocket;
  private cursor?: string;
  private readonly watched = new Map<string, Watched>();
  private asked = new Set<string>();
  private coverages = 0;
  private readonly newest = new Map<string, { run: RunRead; at: number }>();
  private readonly gone = new Map<string, number>();
  private pending: LiveFrame[] = [];
  private scheduled = false;
  private toldAt = Number.NEGATIVE_INFINITY;
  private reconnecting = false;
  /** Runs that this page is deleting and about to leave. */
  readonly leaving = new Set<string>();
  private status: Status = "connecting";
  private readonly subscribers = new Set<() => void>();

  constructor(
    private readonly url: (query: URLSearchParams) => string,
    private readonly listener: Listener,
  ) {}

  readonly subscribe = (subscriber: () => void) => {
    this.subscribers.add(subscriber);
    return () => void this.subscribers.delete(subscriber);
  };

  readonly getStatus = () => this.status;

  store(runId: string): StepStore | undefined {
    return this.watched.get(runId)?.store;
  }

  /** 0 while the run is not streamed to us; else which gap-free stretch this is. */
  coverage(runId: string): number {
    return (this.watched.get(runId) ?? NONE).coverage;
  }

  open() {
    this.socket = new WebSocket(() => this.address(), [], {
      minReconnectionDelay: 300 + Math.random() * 300,
      maxReconnectionDelay: 4_000,
      reconnectionDelayGrowFactor: 1.4,
      connectionTimeout: 6_000,
    });
    this.socket.addEventListener("message", (event) => this.receive(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      this.setStatus("lost");
      this.listener.onLost();
    });
    return () => {
      this.socket?.close();
      this.socket = undefined;
    };
  }

  /** Connect again at once, as after a sleep of the machine, when an open socket may be a dead one. */
  refresh() {
    if (!this.socket || this.reconnecting) return;
    this.reconnecting = true;
    queueMicrotask(() => {
      this.reconnecting = false;
      this.socket?.reconnect();
    });
  }

  /** Have this run's steps and events streamed, until the returned function is called. */
  watch(runId: string) {
    const known = this.watched.get(runId);
    if (known) known.watchers++;
    else {
      this.watched.set(runId, { watchers: 1, coverage: 0, store: new StepStore() });
      this.refresh();
    }
    return () => {
      const held = this.watched.get(runId);
      if (!held || --held.watchers > 0) return;
      this.watched.delete(runId);
      this.refresh(); // else other runs' news would go on being kept from us
    };
  }

  /** A summary that was fetched from `askedAt` on, or the one that came over the socket in the meantime. */
  freshest<R extends RunRead>(run: R, askedAt: number): R {
    const held = this.newest.get(run.id);
    return held && held.at >= askedAt ? { ...run, ...held.run } : run;
  }

  deletedSince(runId: string, askedAt: number): boolean {
    return (this.gone.get(runId) ?? -1) >= askedAt;
  }

  private address() {
    const query = new URLSearchParams();
    if (this.cursor !== undefined) query.set("since", this.cursor);
    this.asked = new Set(this.watched.keys());
    for (const id of this.asked) query.append("run", id);
    return this.url(query);
  }

  private receive(message: LiveHello | LiveFrame) {
    if (message.type === "hello") return this.greet(message);
    this.cursor = message.cursor;
    const at = performance.now();
    for (const run of message.runs) this.newest.set(run.id, { run, at });
    for (const id of message.deleted) {
      this.newest.delete(id);
      this.gone.set(id, at);
    }
    for (const id of message.refetch) this.beginStretch(id);
    for (const batch of message.steps) this.watched.get(batch.run_id)?.store.append(batch);
    this.pending.push(message);
    this.schedule();
  }

  private greet(hello: LiveHello) {
    if (this.cursor === undefined || hello.reset) this.cursor = hello.cursor;
    if (hello.reset) this.newest.clear();
    for (const [id, run] of this.watched) {
      if (!this.asked.has(id)) run.coverage = 0;
      else if (run.coverage === 0 || hello.reset) this.beginStretch(id);
    }
    this.listener.onHello(hello.reset);
    this.setStatus("live");
  }

  private beginStretch(runId: string) {
    const run = this.watched.get(runId);
    if (!run) return;
    run.coverage = ++this.coverages;
    run.store = new StepStore();
  }

  /** Hidden pages get no animation frames, and must not let frames pile up. */
  private schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    const flush = () => {
      this.scheduled = false;
      this.toldAt = performance.now();
      const frames = this.pending;
      this.pending = [];
      this.listener.onFrames(frames);
      this.tell();
    };
    if (document.visibilityState === "hidden") setTimeout(flush, HIDDEN_MS);
    else setTimeout(() => requestAnimationFrame(flush), TELL_MS - (performance.now() - this.toldAt));
  }

  private setStatus(status: Status) {
    this.status = status;
    this.tell();
  }

  private tell() {
    for (const subscriber of this.subscribers) subscriber();
  }
}
