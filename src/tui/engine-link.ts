/** The engine in a worker thread: the screen stays alive at any engine speed. */
import { Worker } from 'node:worker_threads';
import type { EngineLink, FromEngine } from './engine.js';

export function connectWorker(url: URL): EngineLink {
  const worker = new Worker(url);
  let closed = false;
  return {
    post(message) {
      if (!closed) worker.postMessage(message);
    },
    listen(listener) {
      worker.on('message', (message: FromEngine) => listener(message));
      worker.on('error', (error: Error) => {
        if (!closed) listener({ type: 'crash', message: error.stack ?? error.message });
      });
      worker.on('exit', (code) => {
        if (!closed) listener({ type: 'crash', message: `the engine ended with code ${code}` });
      });
    },
    async close() {
      closed = true;
      await worker.terminate();
    },
  };
}
