// A service that says who it is and how often it was asked: node web.mjs PORT
import { createServer } from 'node:http';

const port = Number(process.argv[2]);
let requests = 0;

const server = createServer((request, response) => {
  requests += 1;
  console.log(`${request.method} ${request.url}`);
  response.setHeader('content-type', 'text/plain');
  response.end(
    `Hello from process ${process.pid}, up ${Math.floor(process.uptime())} s, request ${requests}\n`,
  );
});
server.on('error', (error) => {
  console.error(`Cannot listen on port ${port}: ${error.message}`);
  process.exitCode = 1;
});
server.listen(port, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${port}/`));

process.on('SIGINT', () => {
  console.log(`Stopping after ${requests} requests`);
  server.close();
  server.closeAllConnections();
});
