/** A socket that never connects. Mock "partysocket/ws" with it. */
export class SilentSocket extends EventTarget {
  close() {}
  reconnect() {}
}
