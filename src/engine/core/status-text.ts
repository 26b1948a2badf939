import { deviceOf, hostOf, pluginOf } from './status.js';

/** What codes mean, for people; stack-lower reference, 4.1 and 4.2. */
const HOST: Readonly<Record<number, string>> = {
  1: 'no connection to the device',
  2: 'the bus was busy',
  3: 'time-out',
  5: 'aborted',
  6: 'parity error on the way',
  7: 'error on the way',
  8: 'the adapter or the device was reset',
  12: 'the driver asks for another try',
};

const DEVICE: Readonly<Record<number, string>> = {
  2: 'check condition',
  8: 'the device was busy',
  24: 'another initiator has reserved the device',
  40: 'the queue of the device was full',
  64: 'aborted at the device',
};

const PLUGIN: Readonly<Record<number, string>> = {
  1: 'transient condition',
  5: 'another host changed the block first',
  8: 'no space left',
};

const SENSES: Readonly<Record<number, string>> = {
  200960: 'unrecovered read error',
  335872: 'the device does not know the command',
  336128: 'address beyond the end of the disk',
  337152: 'the LUN does not exist any more',
  403712: 'power on or reset',
  403974: 'access state of the port changed',
  403977: 'the capacity of the LUN changed',
  407559: 'thin pool crossed its soft threshold',
  468736: 'write protected',
  468743: 'the array has no space left',
  924928: 'miscompare',
};

const KEYS: readonly string[] = [
  'no sense',
  'recovered error',
  'not ready',
  'medium error',
  'hardware error',
  'illegal request',
  'unit attention',
  'data protected',
  'blank check',
  'vendor specific',
  'copy aborted',
  'command aborted',
  '',
  'volume overflow',
  'miscompare',
  'completed',
];

/** Why a command failed, in words: plug-in before host before device. */
export function explainStatus(status: number, senseData: number): string {
  const plugin = pluginOf(status);
  if (plugin !== 0) return PLUGIN[plugin] ?? 'plug-in status';
  const host = hostOf(status);
  if (host !== 0) return HOST[host] ?? 'host status';
  const device = DEVICE[deviceOf(status)] ?? 'device status';
  if (senseData === 0) return device;
  return SENSES[senseData] ?? KEYS[senseData >>> 16] ?? device;
}
