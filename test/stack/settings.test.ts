import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/engine/core/errors.js';
import { SETTINGS, Settings } from '../../src/engine/stack/settings.js';

describe('advanced settings', () => {
  test('documented defaults', () => {
    const settings = new Settings();
    expect(settings.get('Misc.APDTimeout')).toBe(140);
    expect(settings.ns('Misc.APDTimeout')).toBe(140e9);
    expect(settings.ns('Disk.DelayOnBusy')).toBe(400e6);
    expect(settings.get('Disk.PathEvalTime')).toBe(300);
    expect(settings.bytes('Disk.DiskMaxIOSize')).toBe(32767 * 1024);
    expect(settings.get('Disk.QFullSampleSize')).toBe(0);
    expect(settings.on('Scsi.FailVMIOonAPD')).toBe(false);
  });

  test('every default lies in its own range', () => {
    for (const [name, { default: value, min, max }] of Object.entries(SETTINGS)) {
      expect(value, name).toBeGreaterThanOrEqual(min);
      expect(value, name).toBeLessThanOrEqual(max);
    }
  });

  test('a host overrides by name', () => {
    expect(new Settings({ 'Misc.APDTimeout': 20 }).ns('Misc.APDTimeout')).toBe(20e9);
  });

  test('all problems at once, with what is known instead', () => {
    const wrong = { 'Misc.APDTimeOut': 1, 'Disk.DelayOnBusy': 9999, 'Disk.QFullThreshold': 1.5 };
    expect(() => new Settings(wrong)).toThrow(InputError);
    try {
      new Settings(wrong, 'hosts[0].settings');
    } catch (error) {
      const { problems } = error as InputError;
      expect(problems.map(({ place }) => place)).toEqual([
        'hosts[0].settings.Misc.APDTimeOut',
        'hosts[0].settings.Disk.DelayOnBusy',
        'hosts[0].settings.Disk.QFullThreshold',
      ]);
      expect(problems[0].hint).toContain('Misc.APDTimeout');
    }
  });
});
