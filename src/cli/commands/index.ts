import { check } from './check.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { host } from './host.js';
import { list } from './list.js';
import { replay } from './replay.js';
import { run } from './run.js';
import { swarm } from './swarm.js';
import { top } from './top.js';

/** Every command, in the order of the help text. */
export const COMMANDS = [
  top, //
  run,
  replay,
  host,
  swarm,
  check,
  list,
  config,
  completion,
];
