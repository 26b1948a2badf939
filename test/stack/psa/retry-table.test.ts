import { describe, expect, test } from 'vitest';
import { TEST_UNIT_READY, WRITE } from '../../../src/engine/core/io.js';
import {
  BUSY,
  CHECK,
  deviceStatus,
  HOST_ERROR,
  hostStatus,
  pluginStatus,
  RESERVATION_CONFLICT,
  SENSE_ALUA_STATE_CHANGED,
  SENSE_POWER_ON_RESET,
  sense,
  TASK_SET_FULL,
} from '../../../src/engine/core/status.js';
import { RETRY_TABLE } from '../../../src/engine/stack/storage-apis/psa/retry-table.js';
import { judge } from '../../../src/engine/stack/storage-apis/psa/verdict.js';
import { type Answer, buildHost } from './host.js';

const MS = 1e6;
const S = 1e9;
/** Driver 1 us down, target 100 us, driver 1 us up. */
const ROUND = 102_000;

interface Options {
  readonly settings?: Record<string, number>;
  readonly seconds?: number;
}

/** A device that answers the first `times` commands of the guest so, and TEST UNIT READY well. */
function failing(times: number, answer: Answer, { settings = {}, seconds = 200 }: Options = {}) {
  const host = buildHost({ settings });
  let left = times;
  host.lun.reply = (io) => (host.sim.requests.op[io] === WRITE && left-- > 0 ? answer : undefined);
  host.source.send(1, WRITE);
  host.sim.runUntil(seconds * S);
  return host;
}

/** A status word with sense from the table's notation. */
function answerOf(on: string): Answer {
  const code = Number.parseInt(on.slice(2), 16);
  if (on.startsWith('H:')) return [hostStatus(code), 0];
  if (on.startsWith('D:')) return [deviceStatus(code), 0];
  if (on.startsWith('P:')) return [pluginStatus(code), 0];
  // Any code of the key that has no row of its own.
  const [key, asc, ascq] = on
    .split('/')
    .map((part) => (part === 'xx' ? 0x7f : Number.parseInt(part, 16)));
  return [CHECK, sense(key, asc, ascq)];
}

/** Gap between a command seen at the device and its next try, for each pause. */
const GAPS: Readonly<Record<string, number>> = {
  none: ROUND,
  busy: 400 * MS + ROUND,
  full: 1 * MS + ROUND,
};

describe('every row of the retry table, as the device sees it', () => {
  test('statuses and sense codes come once each', () => {
    const names = RETRY_TABLE.map(({ on }) => on);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(RETRY_TABLE.filter(({ verdict }) => verdict.action === 'up').map(({ on }) => on))(
    '%s goes up at once',
    (on) => {
      const answer = answerOf(on);
      const host = failing(1, answer);
      expect(host.commands().map(({ at, path }) => [at, path])).toEqual([[0, 0]]);
      expect(host.source.done.map(({ status, sense: data }) => [status, data])).toEqual([answer]);
      expect(host.source.done[0].at).toBe(ROUND);
    },
  );

  test.each(
    RETRY_TABLE.filter(
      ({ verdict }) => verdict.action === 'retry' && GAPS[verdict.pause] !== undefined,
    ).map(({ on, verdict }) => [on, verdict.pause] as const),
  )('%s: the next try follows (%s)', (on, pause) => {
    const host = failing(1, answerOf(on));
    expect(host.commands().map(({ at }) => at)).toEqual([0, GAPS[pause]]);
    expect(host.source.done.map(({ status }) => status)).toEqual([0]);
    expect(host.field('retries')).toBe(1);
  });

  test('D:18: the pauses double from 5 to 200 ms, at random between half of that and all', () => {
    const host = failing(9, answerOf('D:18'));
    const at = host.commands().map((command) => command.at);
    const most = [5, 10, 20, 40, 80, 160, 200, 200, 200];
    expect(at).toHaveLength(most.length + 1);
    for (const [index, ms] of most.entries()) {
      const pause = at[index + 1] - at[index] - ROUND;
      expect(pause).toBeGreaterThanOrEqual((ms / 2) * MS);
      expect(pause).toBeLessThanOrEqual(ms * MS);
    }
  });

  test('D:18: conflicts use up no tries of another failure', () => {
    const host = buildHost({});
    let left = 20;
    const conflict = answerOf('D:18');
    host.lun.reply = (io) => {
      if (host.sim.requests.op[io] !== WRITE || left-- <= 0) return undefined;
      return left < 3 ? answerOf('06/29/00') : conflict;
    };
    host.source.send(1, WRITE);
    host.sim.runUntil(10 * S);
    expect(host.source.done.map(({ status }) => status)).toEqual([0]);
  });

  test.each(RETRY_TABLE.filter(({ verdict }) => verdict.pause === 'period').map(({ on }) => on))(
    '%s: the first try at once, then one every Disk.DiskRetryPeriod',
    (on) => {
      const host = failing(3, answerOf(on));
      expect(host.source.done.map(({ status }) => status)).toEqual([0]);
      expect(
        host
          .commands()
          .filter(({ op }) => op === WRITE)
          .map(({ at }) => at),
      ).toEqual([0, ROUND, 2 * ROUND + 2 * S, 3 * ROUND + 4 * S]);
    },
  );

  test.each(
    RETRY_TABLE.filter(({ verdict }) => verdict.limit > 0 && Number.isFinite(verdict.limit)).map(
      ({ on, verdict }) => [on, verdict.limit] as const,
    ),
  )('%s: at most %i retries, then it goes up', (on, limit) => {
    const answer = answerOf(on);
    const host = failing(1000, answer);
    expect(host.commands().length).toBe(limit + 1);
    expect(host.source.done.map(({ status }) => status)).toEqual([answer[0]]);
  });

  test.each(
    RETRY_TABLE.filter(({ verdict }) => verdict.limit === Number.POSITIVE_INFINITY)
      .filter(({ verdict }) => verdict.action === 'retry')
      .map(({ on }) => on),
  )('%s: for ever', (on) => {
    const host = failing(Number.POSITIVE_INFINITY, answerOf(on), { seconds: 3 });
    expect(host.source.done).toEqual([]);
    expect(host.commands().length).toBeGreaterThan(2);
  });

  test.each(RETRY_TABLE.filter(({ verdict }) => verdict.action === 'refresh').map(({ on }) => on))(
    '%s: every path is asked before the next try',
    (on) => {
      const host = failing(1, answerOf(on));
      const seen = host.seen.filter(({ at }) => at < 1 * S);
      expect(seen.map(({ path, op }) => [path, op])).toEqual([
        [0, WRITE],
        [0, TEST_UNIT_READY],
        [1, TEST_UNIT_READY],
        [0, WRITE],
      ]);
      expect(host.source.done.map(({ status }) => status)).toEqual([0]);
    },
  );

  test.each(RETRY_TABLE.filter(({ verdict }) => verdict.action === 'loss').map(({ on }) => on))(
    '%s: the path is dead, the other is asked and takes the command',
    (on) => {
      const host = failing(1, answerOf(on), { seconds: 1 });
      expect(host.paths.map(({ stateName }) => stateName)).toEqual(['dead', 'active']);
      expect(host.probes().map(({ path, at }) => [path, at])).toEqual([[1, ROUND]]);
      expect(host.commands().map(({ path }) => path)).toEqual([0, 1]);
      expect(host.source.done.map(({ status }) => status)).toEqual([0]);
    },
  );

  test('H:01: the path is asked, and the command follows the answer', () => {
    const host = failing(1, [hostStatus(1), 0], { seconds: 1 });
    expect(host.seen.map(({ path, op, at }) => [path, op, at])).toEqual([
      [0, WRITE, 0],
      [0, TEST_UNIT_READY, ROUND],
      [0, WRITE, 2 * ROUND],
    ]);
  });

  test('02/04/02: START UNIT goes out, once, unless Scsi.ScsiAllowDeviceSpinup is off', () => {
    const answer = answerOf('02/04/02');
    const on = failing(2, answer, { seconds: 10 });
    expect(on.commands().filter(({ op }) => op !== WRITE).length).toBe(2);
    expect(on.source.done.map(({ status }) => status)).toEqual([0]);
    const off = failing(2, answer, { seconds: 10, settings: { 'Scsi.ScsiAllowDeviceSpinup': 0 } });
    expect(off.commands().every(({ op }) => op === WRITE)).toBe(true);
  });
});

describe('precedence', () => {
  test('plug-in before host before device', () => {
    const device = deviceStatus(BUSY);
    expect(judge(device, 0).pause).toBe('busy');
    expect(judge(hostStatus(HOST_ERROR) | device, 0).limit).toBe(5);
    expect(judge(pluginStatus(8) | hostStatus(HOST_ERROR) | device, 0).action).toBe('up');
    // Sense data counts with CHECK CONDITION only.
    expect(judge(device, sense(5, 0x25, 0)).pause).toBe('busy');
  });

  test('codes nobody knows go up', () => {
    expect(judge(hostStatus(0x3f), 0).action).toBe('up');
    expect(judge(CHECK, sense(0x0d, 1, 2)).action).toBe('up');
  });
});

describe('settings', () => {
  test('Disk.DelayOnBusy', () => {
    const host = failing(1, [deviceStatus(BUSY), 0], { settings: { 'Disk.DelayOnBusy': 50 } });
    expect(host.commands()[1].at).toBe(50 * MS + ROUND);
  });

  test('Scsi.ConflictRetries', () => {
    const host = failing(100, [deviceStatus(RESERVATION_CONFLICT), 0], {
      settings: { 'Scsi.ConflictRetries': 3 },
    });
    expect(host.commands().length).toBe(4);
    expect(host.field('conflicts')).toBe(4);
  });

  test.each([SENSE_POWER_ON_RESET, SENSE_ALUA_STATE_CHANGED])(
    'Disk.RetryUnitAttention off lets unit attention %i up',
    (data) => {
      const off = failing(1, [CHECK, data], { settings: { 'Disk.RetryUnitAttention': 0 } });
      expect(off.source.done[0].sense).toBe(data);
    },
  );

  test('TASK SET FULL is reported to whoever keeps the queue depth', () => {
    const host = buildHost();
    let left = 3;
    let told = 0;
    host.nmp.onQueueFull = () => told++;
    host.lun.reply = () => (left-- > 0 ? [deviceStatus(TASK_SET_FULL), 0] : undefined);
    host.source.send(1);
    host.sim.runUntil(1 * S);
    expect(told).toBe(3);
    expect(host.source.done[0].status).toBe(0);
  });
});
