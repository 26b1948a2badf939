/**
 * `npm run bench`: how fast vmtop is on this machine. Figures are wall time and vary with the
 * machine; compare runs made side by side. `--json` prints them for scripts, `--screen` measures the
 * dashboard instead.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Simulation } from '../engine/simulation/simulation.js';
import { decodeTrace } from '../input/read-trace.js';
import { packageFolder } from '../scenario/bundled.js';
import { loadScenario } from '../scenario/load.js';
import { benchDevices, describeDevices } from './bench-devices.js';
import { firstFrame } from './bench-first-frame.js';
import { benchScreen } from './bench-screen/index.js';

const SCENARIO = join(packageFolder(), 'fixtures', 'bench.yaml');
/** Commands completed before the clock starts, and per measured round. */
const WARM_UP = 1_000_000;
const ROUND = 1_000_000;
const ROUNDS = 10;
const STEP_NS = 5e6;

interface EngineFigures {
  readonly ioPerSecond: number;
  readonly eventsPerIo: number;
  readonly bytesPerIoInFlight: number;
  /** Heap in use after 1 and after 10 million commands, MB. */
  readonly heapMb: readonly [number, number];
}

function completed(simulation: Simulation): number {
  const { reads, writes, others } = simulation.totals();
  return reads + writes + others;
}

/** Runs until `count` more commands have completed; returns commands per second of wall time. */
function round(simulation: Simulation, count: number): number {
  const before = completed(simulation);
  const start = performance.now();
  let done = 0;
  while (done < count) {
    simulation.runUntil(simulation.now + STEP_NS);
    done = completed(simulation) - before;
  }
  return (done / (performance.now() - start)) * 1000;
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function benchEngine(): EngineFigures {
  const simulation = new Simulation(loadScenario(SCENARIO));
  round(simulation, WARM_UP);
  simulation.sample();
  const first = heapMb();
  const [ios, events] = [completed(simulation), simulation.eventsHandled];
  const rates = Array.from({ length: ROUNDS - 1 }, () => round(simulation, ROUND));
  rates.sort((a, b) => a - b);
  return {
    ioPerSecond: Math.round(rates[rates.length >> 1] ?? 0),
    eventsPerIo: (simulation.eventsHandled - events) / (completed(simulation) - ios),
    bytesPerIoInFlight: simulation.bytesPerRow,
    heapMb: [first, heapMb()],
  };
}

/** A vscsi trace of a million records in memory: decoding and indexing, no disk. */
function benchTrace(): number {
  const records = 1_000_000;
  const bytes = new Uint8Array(records * 32);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < records; index++) {
    const at = index * 32;
    view.setUint32(at, index, true);
    view.setUint32(at + 4, 8192, true);
    view.setUint32(at + 8, 1, true);
    view.setUint16(at + 12, index % 3 === 0 ? 0x2a : 0x28, true);
    view.setUint16(at + 14, 0x100, true);
    view.setBigUint64(at + 16, BigInt((index * 7919) % 60_000_000), true);
    view.setBigUint64(at + 24, BigInt(5_000_000_000 + index * 50), true);
  }
  decodeTrace('bench.vscsi', bytes);
  const start = performance.now();
  decodeTrace('bench.vscsi', bytes);
  return Math.round((records / (performance.now() - start)) * 1000);
}

async function main(): Promise<void> {
  if (process.argv.includes('--screen')) {
    process.exitCode = await benchScreen(process.argv.includes('--json'));
    return;
  }
  if (globalThis.gc === undefined && !process.execArgv.includes('--expose-gc')) {
    // The heap figures need a collection before each reading.
    const args = ['--expose-gc', ...process.argv.slice(1)];
    process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
    return;
  }
  const engine = benchEngine();
  const traceRecordsPerSecond = benchTrace();
  const bin = join(packageFolder(), 'dist', 'vmtop.js');
  const firstFrameMs = existsSync(bin) ? await firstFrame(bin) : undefined;
  const devices = benchDevices(loadScenario(SCENARIO));
  const result = { ...engine, traceRecordsPerSecond, firstFrameMs: firstFrameMs ?? null, devices };
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const million = (value: number): string => (value / 1e6).toFixed(2);
  process.stdout.write(
    [
      `simulated I/Os per second    ${million(engine.ioPerSecond)} M (median of ${ROUNDS - 1} rounds of ${million(ROUND)} M)`,
      `events per I/O               ${engine.eventsPerIo.toFixed(2)}`,
      `bytes per I/O in flight      ${engine.bytesPerIoInFlight}`,
      `heap after 1 M and 10 M      ${engine.heapMb.map((mb) => mb.toFixed(1)).join(' MB, ')} MB`,
      `trace records per second     ${million(traceRecordsPerSecond)} M`,
      `time to first frame          ${firstFrameMs === undefined ? 'not measured (no terminal package)' : `${firstFrameMs} ms`}`,
      '',
      describeDevices(devices),
      '',
    ].join('\n'),
  );
}

await main();
