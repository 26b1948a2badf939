/** Entry of the engine's thread: a shell around the server, so that tests can do without threads. */
import { parentPort } from 'node:worker_threads';
import type { ToEngine } from './engine.js';
import { EngineServer } from './engine-server.js';
import { openMachine } from './machine.js';

const port = parentPort;
if (port !== null) {
  const server = new EngineServer((message) => port.postMessage(message), openMachine);
  port.on('message', (message: ToEngine) => void server.hear(message));
}
