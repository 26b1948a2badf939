/** What is done with a machine: power, who has its locks, how fast its programs ask. */
import { count, ratio } from '../../../engine/core/params.js';
import type { PowerState } from '../../../engine/plan/commands.js';
import { ask, asked, type Offer, type Operation, thinkParam } from './define.js';

/** What a machine can become, by the value of its gauge `power`: on, suspended, off, a template. */
const BECOMES: readonly (readonly PowerState[])[] = [
  ['suspended', 'off'],
  ['on', 'off'],
  ['on', 'template'],
  ['off'],
];
const WORDS = { on: 'power on', off: 'power off', suspended: 'suspend', template: 'template' };

/** The limits of a scenario's `changes`. */
const PACE = [
  { ...asked('iodepth', count(1, 1, 4096, 'commands in flight, of jobs that keep some')) },
  { ...asked('thinktime', thinkParam) },
  { ...asked('rate', ratio(100, 0.001, 10_000_000, 'commands per second, of jobs with a rate')) },
];

export const machines: Operation = {
  title: 'Machine',
  scopes: ['vm'],
  first: 'vm',
  offers(row, world) {
    const vm = row.name;
    const now = row.now('power');
    const power = (BECOMES[now] ?? []).map((state) => {
      const resumes = now === 1 && state === 'on';
      const label = now === 3 ? 'make it a machine again' : resumes ? 'resume' : WORDS[state];
      return { label, command: { kind: 'power', vm, state } as const, said: `${vm}: ${label}` };
    });
    const others = (world.plan?.hosts ?? []).filter((host) => host !== row.label('host'));
    const handOver = others.map((host) => ({
      label: `${host} takes the locks of its files (HA)`,
      command: { kind: 'takeOver', vm, host } as const,
      said: `${host} opens the files of ${vm}`,
    }));
    const jobs = world.frames.entities.scope('job').filter(({ labels }) => labels.vm === vm);
    return [...power, ...handOver, ...jobs.map(({ name }) => paceOffer(name))];
  },
};

/** What is typed is sent; the rest stays as it is. */
function paceOffer(job: string): Offer {
  const form = ask(`Pace of ${job}`, PACE, ({ values, isTyped }) => {
    const { iodepth, thinktime, rate } = values;
    const pace = {
      ...(isTyped('iodepth') ? { iodepth } : {}),
      ...(isTyped('thinktime') ? { thinkNs: thinktime } : {}),
      ...(isTyped('rate') ? { rateIops: rate } : {}),
    };
    if (Object.keys(pace).length === 0) return 'type what is to be another';
    return { command: { kind: 'pace', job, pace }, said: `${job} has another pace` };
  });
  return { label: `another pace for ${job}`, form };
}
