/** What the QoS and SIOC screens say of given counters; the fair parts are worked out by hand. */
import { describe, expect, test } from 'vitest';
import type { Sample } from '../../src/engine/core/meters.js';
import { Entities } from '../../src/engine/views/kit/entities.js';
import type { Row, Window } from '../../src/engine/views/kit/row.js';
import { type View, viewRows } from '../../src/engine/views/kit/view.js';
import { qos } from '../../src/engine/views/qos.js';
import { sioc } from '../../src/engine/views/sioc.js';
import { fakeLayout, type Layout, NAA } from '../tui/fake-layout.js';

type Counters = Readonly<Record<string, Record<string, number>>>;

const NO_HISTOGRAMS = new Uint32Array(0);
const SECOND = 1e9;
/** Had commands waiting all the time. */
const BUSY = { waitingNs: SECOND };

/** One second in which the counters came about; keys are `scope name`. */
function windowOf(after: Counters, layout: Layout = fakeLayout()): Window {
  const values = new Float64Array(layout.size);
  for (const [key, fields] of Object.entries(after)) {
    const [scope = '', ...name] = key.split(' ');
    layout.write(values, scope, name.join(' '), fields);
  }
  const sampleAt = (at: number, counters: Float64Array): Sample => ({
    at,
    values: counters,
    histograms: NO_HISTOGRAMS,
  });
  return {
    entities: new Entities(layout.entities),
    before: sampleAt(0, new Float64Array(layout.size)),
    after: sampleAt(SECOND, values),
  };
}

function rowOf(view: View, window: Window, name: string): Row {
  const found = viewRows(view, window).find((row) => row.name === name);
  if (found === undefined) throw new Error(`no row ${name}`);
  return found;
}

function cells(view: View, row: Row): Record<string, string | number> {
  return Object.fromEntries(view.fields.map(({ id, value }) => [id, value(row)]));
}

const WEB1 = `client web1:scsi0:0 on ${NAA[0]}`;
const WEB2 = `client web2:scsi0:0 on ${NAA[0]}`;

/** Cells of both machines on the first device; each has one disk, which it is the sum of. */
function pair(one: Record<string, number>, two: Record<string, number>) {
  const [first, second] = [one, two].map((given) => ({ shares: 1000, ...given }));
  const window = windowOf({
    [WEB1]: first,
    [WEB2]: second,
    'world web1': first,
    'world web2': second,
  });
  return [cells(qos, rowOf(qos, window, 'web1')), cells(qos, rowOf(qos, window, 'web2'))] as const;
}

describe('who is entitled to how much, and why', () => {
  test('by shares, of what the device really gives', () => {
    const [web1, web2] = pair(
      { ...BUSY, shares: 2000, units: 500, arrivedUnits: 500, byWeight: 500 },
      { ...BUSY, shares: 1000, units: 400, arrivedUnits: 400, byWeight: 400 },
    );
    expect(web1).toMatchObject({ ENTITLED: 600, WHY: 'shares' });
    expect(web1['ASKED/s']).toBe('500+');
    expect(web2).toMatchObject({ ENTITLED: 300, WHY: 'shares' });
  });

  test('a machine without a backlog gets what it asks for, the other all the device has left', () => {
    const [web1, web2] = pair(
      { waitingNs: 0.4 * SECOND, arrivals: 100, arrivedUnits: 100, units: 100, byWeight: 100 },
      { ...BUSY, shares: 500, arrivedUnits: 800, units: 800, byWeight: 800 },
    );
    expect(web1).toMatchObject({ ENTITLED: 100, WHY: 'demand' });
    expect(web1['ASKED/s']).toBe('100 ');
    expect(web2).toMatchObject({ ENTITLED: 800, WHY: 'device' });
  });

  test('held back by its limit', () => {
    const [web1, web2] = pair(
      { ...BUSY, limit: 100, limitedNs: 0.7 * SECOND, units: 100, byWeight: 100 },
      { ...BUSY, units: 500, byWeight: 500 },
    );
    expect(web1).toMatchObject({ ENTITLED: 100, WHY: 'limit', 'LIM%': 70, LIMIT: 100 });
    expect(web2).toMatchObject({ ENTITLED: 500, WHY: 'device', 'LIM%': 0 });
    expect(web2.LIMIT).toBeNaN();
  });

  test('kept up by its reservation alone', () => {
    const [web1, web2] = pair(
      { ...BUSY, shares: 200, reservation: 300, units: 300, byReservation: 300 },
      { ...BUSY, shares: 1800, units: 300, byWeight: 300 },
    );
    expect(web1).toMatchObject({ ENTITLED: 300, WHY: 'reserved', 'RESV%': 100, RESERV: 300 });
    expect(web2).toMatchObject({ ENTITLED: 300, WHY: 'shares', 'RESV%': 0 });
  });

  test('its storage policy lets no more through', () => {
    const layout = fakeLayout();
    const labels = { vm: 'web1', host: 'esx1', disk: 'web1:scsi0:0', policy: 'gold' };
    layout.add('filter', 'web1:scsi0:0', labels, ['occupancyNs', 'activeNs']);
    const load = { shares: 1000, arrivals: 100, arrivedUnits: 100, units: 100 };
    const whyWith = (waiting: number): unknown => {
      const filter = { activeNs: 2 * SECOND, occupancyNs: (2 + waiting) * SECOND };
      const window = windowOf({ [WEB1]: load, 'filter web1:scsi0:0': filter }, layout);
      return cells(qos, rowOf(qos, window, 'web1')).WHY;
    };
    expect(whyWith(5)).toBe('policy');
    expect(whyWith(0.1)).toBe('demand');
  });

  test('who gets well below what it is entitled to, and would take more, is marked', () => {
    const field = qos.fields.find(({ id }) => id === 'GIVEN/s');
    const marks = (given: number): unknown => {
      const counters = {
        [WEB1]: { ...BUSY, shares: 1000, units: given },
        [WEB2]: { ...BUSY, shares: 1000, units: 1000 - given },
      };
      const window = windowOf({ ...counters, 'world web1': { units: given } });
      return field?.level?.(given, rowOf(qos, window, 'web1'));
    };
    expect(marks(400)).toBe(1);
    expect(marks(490)).toBe(0);
    expect(marks(600)).toBe(0);
  });

  test('idle is idle', () => {
    const [web1, web2] = pair({}, { arrivals: 10, arrivedUnits: 10, units: 10 });
    expect(web1).toMatchObject({ ENTITLED: 0, 'GIVEN/s': 0, WHY: 'idle' });
    expect(web2).toMatchObject({ ENTITLED: 10, WHY: 'demand' });
  });

  test('devices are apart: what one gives is not shared with the machines of another', () => {
    const window = windowOf({
      [WEB1]: { ...BUSY, shares: 1000, units: 700 },
      [`client db1:scsi0:0 on ${NAA[1]}`]: { ...BUSY, shares: 1000, units: 100 },
    });
    expect(cells(qos, rowOf(qos, window, 'web1')).ENTITLED).toBe(700);
    expect(cells(qos, rowOf(qos, window, 'db1')).ENTITLED).toBe(100);
  });
});

describe('a machine with several disks', () => {
  const layout = fakeLayout();
  layout.add(
    'client',
    `web1:scsi0:1 on ${NAA[0]}`,
    { host: 'esx1', device: NAA[0], vm: 'web1', disk: 'scsi0:1', datastore: 'ds1' },
    layout.find('client', `web1:scsi0:0 on ${NAA[0]}`).fields,
  );
  const window = windowOf(
    {
      [WEB1]: { ...BUSY, shares: 1000, units: 100, limit: 100, limitedNs: SECOND },
      [`client web1:scsi0:1 on ${NAA[0]}`]: { ...BUSY, shares: 1000, units: 300, byWeight: 300 },
      [WEB2]: { ...BUSY, shares: 2000, units: 500, byWeight: 500 },
      'world web1': { limitedNs: SECOND, units: 400 },
    },
    layout,
  );
  const web1 = rowOf(qos, window, 'web1');

  test('is the sum of its disks, for the reason of the one that got the most', () => {
    // Of 900 a limit takes 100; the rest is shared 1 to 2.
    expect(cells(qos, web1).ENTITLED).toBeCloseTo(100 + 800 / 3, 9);
    expect(cells(qos, web1)).toMatchObject({ 'GIVEN/s': 400, WHY: 'shares', 'LIM%': 50 });
  });

  test('shows its disks on this device when expanded', () => {
    const disks = web1.children('client').map((row) => cells(qos, row));
    expect(disks.map(({ VM, WHY }) => [VM, WHY])).toEqual([
      ['scsi0:0', 'limit'],
      ['scsi0:1', 'shares'],
    ]);
  });
});

describe('the title of a device', () => {
  const titleWith = (depths: Record<string, number>): string => {
    const window = windowOf({
      [`device ${NAA[0]}`]: { configuredDepth: 64, ...depths },
      [WEB1]: { units: 2750 },
    });
    return qos.groups?.title(rowOf(qos, window, 'web1')) ?? '';
  };

  test.each([
    ['', { dqlen: 64, fullDepth: 64 }],
    [' (VMs compete)', { dqlen: 32, fullDepth: 64, competing: 1 }],
    [' (QUEUE FULL)', { dqlen: 16, fullDepth: 16, competing: 1 }],
    [' (SIOC)', { dqlen: 20, fullDepth: 64, siocDepth: 20 }],
  ])('says what there is to share and what sets the depth%s', (why, depths) => {
    expect(titleWith(depths)).toBe(
      `lun0 on esx1: 2 VMs share 2750 units/s, queue depth ${depths.dqlen}${why}`,
    );
  });
});

describe('Storage I/O Control', () => {
  const layout = fakeLayout();
  layout
    .add('device', NAA[0], { host: 'esx2', lun: 'lun0' }, ['reads', 'writes', 'others'])
    .add(
      'sioc',
      'ds1 on esx2',
      { host: 'esx2', device: NAA[0], datastore: 'ds1' },
      layout.find('sioc', 'ds1 on esx1').fields,
    );
  const window = windowOf(
    {
      'sioc ds1 on esx1': {
        enabled: 1,
        congested: 1,
        window: 15.25,
        latencyNs: 31.2e6,
        thresholdNs: 30e6,
        localLatencyNs: 33e6,
        entitlement: 0.7,
      },
      'sioc ds1 on esx2': { enabled: 1 },
      [`device ${NAA[0]}`]: { reads: 750, configuredDepth: 64 },
    },
    layout,
  );

  test('window, latencies and the part of the datastore each host gets', () => {
    expect(cells(sioc, rowOf(sioc, window, 'ds1 on esx1'))).toMatchObject({
      HOST: 'esx1',
      STATE: 'CONGESTED',
      WINDOW: 15.25,
      CONF: 64,
      'LAT/ms': 31.2,
      THRESH: 30,
      'LOCAL/ms': 33,
      'ENTL%': 70,
      'GIVEN%': 100,
    });
    expect(cells(sioc, rowOf(sioc, window, 'ds1 on esx2'))).toMatchObject({
      STATE: 'normal',
      'GIVEN%': 0,
    });
    expect(cells(sioc, rowOf(sioc, window, 'ds2 on esx1')).STATE).toBe('off');
  });

  test('a datastore says how it does', () => {
    const title = sioc.groups?.title(rowOf(sioc, window, 'ds1 on esx1'));
    expect(title).toBe('ds1: 31.2 ms, threshold 30.0 ms: CONGESTED, 2 hosts share 750 commands/s');
  });
});
