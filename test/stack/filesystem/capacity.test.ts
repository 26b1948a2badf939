import { describe, expect, it } from 'vitest';
import { Sim } from '../../../src/engine/core/sim.js';
import type { AlarmPlan } from '../../../src/engine/plan/plan.js';
import { datastoreSlot } from '../../../src/engine/stack/filesystem/datastore.js';
import { FileNumbers } from '../../../src/engine/stack/filesystem/file.js';
import { NfsVolume } from '../../../src/engine/stack/filesystem/nfs/volume.js';
import { views } from '../../../src/engine/views/index.js';
import { Entities } from '../../../src/engine/views/kit/entities.js';
import { Row } from '../../../src/engine/views/kit/row.js';
import { FB, MB, planOf } from './vmfs-rig.js';

const SECOND = 1e9;

function setUp(alarms?: AlarmPlan) {
  const sim = new Sim(1, 16);
  const plan = { ...planOf('nas', 'nfs', 1000 * MB), ...(alarms && { alarms }) };
  const volume = new NfsVolume(sim, plan, new FileNumbers());
  const alarmsAt = (): string[] =>
    sim.log.entries
      .filter(({ kind }) => kind === 'datastore.alarm')
      .map(({ at, what }) => `${at / SECOND} s ${what}`);
  const look = (field: 'alarm' | 'growthBlocks' | 'yellowPercent'): number => {
    sim.meters.sample();
    return volume.values[datastoreSlot(field)];
  };
  return { sim, volume, alarmsAt, look };
}

describe('usage alarms', () => {
  it('turn yellow at 75 % and red at 85 %, once per crossing', () => {
    const { sim, volume, alarmsAt, look } = setUp();
    volume.fill(749 * MB);
    sim.runUntil(30 * SECOND);
    expect([alarmsAt(), look('alarm')]).toEqual([[], 0]);
    volume.fill(MB);
    sim.runUntil(90 * SECOND);
    volume.fill(100 * MB);
    sim.runUntil(200 * SECOND);
    expect(alarmsAt()).toEqual([
      '40 s from green to yellow: 75.0 % in use',
      '100 s from yellow to red: 85.0 % in use',
    ]);
    expect(look('alarm')).toBe(2);
  });

  it('end only the hysteresis below their threshold, in steps of the refresh', () => {
    const alarms = { yellow: 50, red: 90, hysteresis: 5, refreshNs: 10 * SECOND };
    const { sim, volume, alarmsAt, look } = setUp(alarms);
    const fill = volume.createFile('small', 40 * MB, 'small');
    sim.runUntil(SECOND);
    volume.fill(460 * MB);
    sim.runUntil(15 * SECOND);
    // 46 % is below the threshold, but not by 5.
    volume.removeFile(fill);
    sim.runUntil(35 * SECOND);
    expect(look('alarm')).toBe(1);
    volume.release();
    sim.runUntil(45 * SECOND);
    expect(alarmsAt()).toEqual([
      '10 s from green to yellow: 50.0 % in use',
      '40 s from yellow to green: 0.0 % in use',
    ]);
    expect(look('yellowPercent')).toBe(50);
  });

  it('are raised at once when somebody refreshes the datastore', () => {
    const { sim, volume, alarmsAt } = setUp();
    sim.runUntil(5 * SECOND);
    volume.fill(900 * MB);
    volume.refresh('refreshed');
    expect(alarmsAt()).toEqual(['5 s from green to red: 90.0 % in use']);
  });
});

describe('growth of a datastore', () => {
  it('is told before the second look too', () => {
    const { sim, volume, look } = setUp();
    sim.runUntil(4 * SECOND);
    volume.fill(8 * MB);
    // 2 MB per second since the start.
    expect(look('growthBlocks')).toBeCloseTo(2 * FB, 6);
    sim.runUntil(8 * SECOND);
    expect(look('growthBlocks')).toBeCloseTo(FB, 6);
  });

  it('is the slope of the last looks, and the time to full follows from it', () => {
    const { sim, volume, look } = setUp();
    sim.runUntil(SECOND);
    for (let at = 0; at < 10; at++) {
      volume.fill(10 * MB);
      sim.runUntil((at + 1) * 20 * SECOND);
    }
    // 10 MB per 20 s, steadily.
    expect(look('growthBlocks')).toBeCloseTo(FB / 2, 6);
    const after = sim.meters.sample();
    const window = { entities: new Entities(sim.meters.entities), before: after, after };
    const view = views.find(({ name }) => name === 'datastore')!;
    const row = new Row(window, volume.entity);
    const value = (id: string) => view.fields.find((field) => field.id === id)!.value(row);
    expect(value('GROW MB/s')).toBeCloseTo(0.5, 6);
    // 900 MB are left.
    expect(Number(value('FULL IN')) / SECOND).toBeCloseTo(1800, 3);
    // 15 looks later nothing of it is remembered.
    sim.runUntil(520 * SECOND);
    expect(look('growthBlocks')).toBe(0);
  });
});
