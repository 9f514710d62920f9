// `npm run dev`: Next's development server, and one address for it and a backend. /api goes to the backend, its live
// socket included. The backend takes requests from its own origin alone, so an Origin that is ours becomes the
// backend's; any other is passed on as it is, and refused there.
import http from "node:http";
import next from "next";

const backend = new URL(process.env.LORADECK_URL ?? "http://127.0.0.1:8642");
const port = Number(process.env.PORT ?? 3000);

const server = http.createServer();
// Next answers every upgrade of the server that it is given, the backend's live socket among them. So it gets one that
// nobody reaches, and of the upgrades those of its own.
const inner = http.createServer();
const app = next({ dev: true, hostname: "127.0.0.1", port, httpServer: inner });
await app.prepare();
const page = app.getRequestHandler();

server.on("request", (request, response) => {
  if (!isApi(request)) return page(request, response);
  const passed = http.request(backend, options(request), (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  passed.on("error", (error) =>
    response.writeHead(502).end(`The backend at ${backend} does not answer: ${error.message}\n`),
  );
  request.pipe(passed);
});

server.on("upgrade", (request, socket, head) => {
  if (!isApi(request)) {
    if (!inner.emit("upgrade", request, socket, head)) socket.destroy();
    return;
  }
  const passed = http.request(backend, options(request));
  passed.on("upgrade", (answer, live, first) => {
    const lines = answer.rawHeaders.flatMap((name, at, all) => (at % 2 ? [] : [`${name}: ${all[at + 1]}`]));
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
    socket.write(first);
    live.write(head);
    socket.pipe(live).pipe(socket);
    for (const [one, other] of [
      [socket, live],
      [live, socket],
    ])
      one.on("error", () => other.destroy());
  });
  passed.on("response", (answer) => socket.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n\r\n`));
  passed.on("error", () => socket.destroy());
  passed.end();
});

server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}, with the backend at ${backend.origin}`));

function isApi(request) {
  return request.url.startsWith("/api/");
}

function options(request) {
  const { origin, host } = request.headers;
  const isOurs = origin === `http://${host}`;
  const headers = { ...request.headers, host: backend.host, ...(isOurs ? { origin: backend.origin } : {}) };
  return { path: request.url, method: request.method, headers };
}
