import { check } from './check.js';
import { compare } from './compare.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { device } from './device.js';
import { disk } from './disk.js';
import { host } from './host.js';
import { list } from './list.js';
import { replay } from './replay.js';
import { replayBatch } from './replay-batch.js';
import { run } from './run.js';
import { swarm } from './swarm.js';
import { top } from './top.js';
import { vm } from './vm.js';
import { volume } from './volume.js';

/** Every command, in the order of the help text. */
export const COMMANDS = [
  top, //
  run,
  replay,
  replayBatch,
  compare,
  host,
  swarm,
  check,
  device,
  volume,
  disk,
  vm,
  list,
  config,
  completion,
];
