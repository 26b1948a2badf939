/** Entry of the engine's thread: a shell around the server, so that tests can do without threads. */
import { parentPort } from 'node:worker_threads';
import { giveWay } from './background.js';
import type { FromEngine, ToEngine } from './engine.js';
import { EngineServer } from './engine-server.js';
import { openMachine } from './machine.js';

const port = parentPort;
if (port !== null) {
  giveWay();
  const send = (message: FromEngine): void => port.postMessage(message, handedOver(message));
  const server = new EngineServer(send, openMachine);
  port.on('message', (message: ToEngine) => void server.hear(message));
}

/** The counters of a frame are a copy made for it: they change hands instead of being copied again. */
function handedOver(message: FromEngine): ArrayBuffer[] {
  if (message.type !== 'frame') return [];
  const buffers = [message.values.buffer, message.histograms.buffer] as ArrayBuffer[];
  // What has no histograms may have the same empty array in every frame.
  return buffers.filter(({ byteLength }) => byteLength > 0);
}
