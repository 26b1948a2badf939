import { describe, expect, it } from 'vitest';
import { LEAST, planOf, problemsOf } from './helpers.js';

const of = (text: string, more = '') => planOf(`${LEAST}\n${more}backups: [${text}]\n`).changes;
const wrong = (text: string): string => problemsOf(`${LEAST}\nbackups: [${text}]\n`).join('\n');

describe('backups', () => {
  it('are commands, as often as the run has time for, the first one full', () => {
    const every = of('{ vm: vm1, transport: hotadd, at: 10s, every: 20s }');
    expect(every.map(({ atNs }) => atNs / 1e9)).toEqual([10, 30, 50]);
    expect(every.map(({ command }) => command)).toEqual([
      { kind: 'backup', vm: 'vm1', transport: 'hotadd', mode: 'full' },
      { kind: 'backup', vm: 'vm1', transport: 'hotadd', mode: 'incremental' },
      { kind: 'backup', vm: 'vm1', transport: 'hotadd', mode: 'incremental' },
    ]);
  });

  it('are of one disk, quiesced, a number of times, and full again and again, if asked', () => {
    const text = '{ vm: vm1, disk: 0, at: 1s, every: 5s, count: 4, fullEvery: 2, quiesce: true }';
    const commands = of(text).map(({ command }) => command);
    expect(commands.map((command) => command.kind === 'backup' && command.mode)).toEqual([
      'full',
      'incremental',
      'full',
      'incremental',
    ]);
    expect(commands[0]).toMatchObject({ disk: 0, transport: 'nbd', quiesce: true });
  });

  it('say what is wrong', () => {
    expect(wrong('{ vm: nobody, at: 1s }')).toMatch(/no VM "nobody"/);
    expect(wrong('{ vm: vm1, at: 2h }')).toMatch(/after the end of the run/);
    expect(wrong('{ vm: vm1, at: 1s, count: 2 }')).toMatch(/give "every"/);
    expect(wrong('{ vm: vm1, at: 1s, disk: 7 }')).toMatch(/has no disk 7/);
    expect(wrong('{ vm: vm1, at: 1s, transport: tape }')).toMatch(/transport/);
  });

  it('are restored by operations', () => {
    const restore = '{ at: 1s, restore: { vm: vm1, backup: backup-1 } }';
    expect(planOf(`${LEAST}\noperations: [${restore}]\n`).changes).toEqual([
      { atNs: 1e9, command: { kind: 'restore', disk: 0, backup: 'backup-1' } },
    ]);
  });
});
