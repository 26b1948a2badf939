import { describe, expect, it } from 'vitest';
import { LEAST, planOf, problemsOf } from './helpers.js';

const withSioc = (sioc: string): string =>
  LEAST.replace('extents: array1/lun0', `extents: array1/lun0, sioc: ${sioc}`);
const planned = (sioc: string) => planOf(withSioc(sioc)).datastores[0]?.sioc;

describe('sioc of a datastore', () => {
  it('is off, on with a manual threshold of 30 ms, or as it is told', () => {
    expect(planOf(LEAST).datastores[0]).not.toHaveProperty('sioc');
    expect(planned('false')).toBeUndefined();
    expect(planned('true')).toEqual({ enforced: true, thresholdNs: 30e6, percentOfPeak: 0 });
    expect(planned('{ threshold: 5ms, statisticsOnly: true }')).toEqual({
      enforced: false,
      thresholdNs: 5e6,
      percentOfPeak: 0,
    });
  });

  it('measures its threshold itself: at 90 % of peak, or at another part', () => {
    expect(planned('{ threshold: automatic }')?.percentOfPeak).toBe(90);
    expect(planned('{ threshold: automatic, percentOfPeak: 50 }')?.percentOfPeak).toBe(50);
  });

  it.each([
    ['{ threshold: 4ms }', 'expected automatic, or a latency from 5ms to 100ms'],
    ['{ threshold: 101ms }', 'expected automatic, or a latency from 5ms to 100ms'],
    ['{ threshold: manual }', 'expected automatic, or a latency from 5ms to 100ms'],
    ['{ threshold: automatic, percentOfPeak: 49 }', 'expected a whole number from 50 to 100'],
    ['{ percentOfPeak: 90 }', 'is of use only with "threshold: automatic"'],
    ['{ treshold: 30ms }', 'threshold'],
  ])('refuses %s', (sioc, message) => {
    expect(problemsOf(withSioc(sioc)).join('\n')).toContain(message);
  });
});

describe('storage policies', () => {
  const withPolicy = (policies: string, disk: string): string =>
    `${LEAST.replace('{ name: vm1 }', `{ name: vm1, disks: [${disk}] }`)}policies: ${policies}\n`;

  it('are there under three names, which a scenario may replace', () => {
    const policyOf = (policies: string) =>
      planOf(withPolicy(policies, '{ policy: High }')).vms[0]?.disks[0]?.policy;
    const high = { name: 'High', shares: 2000, reservation: 100, limit: 100_000 };
    expect(policyOf('[]')).toEqual(high);
    expect(policyOf('[{ name: High, limit: 50 }]')).toEqual({
      name: 'High',
      shares: 1000,
      reservation: 0,
      limit: 50,
    });
  });

  it.each([
    ['[{ name: gold }]', '{ policy: glod }', 'there is no storage policy "glod" | did you mean'],
    ['[{ name: a }, { name: a }]', '{ policy: a }', 'there already is a policy "a"'],
    ['[{ name: a, reservation: 9, limit: 8 }]', '{ policy: a }', 'reservation 9 is above limit 8'],
  ])('refuses %s with %s', (policies, disk, message) => {
    expect(problemsOf(withPolicy(policies, disk)).join('\n')).toContain(message);
  });
});
