import { describe, expect, test } from 'vitest';
import {
  assignAliases,
  bind,
  candidates,
  type PciDevice,
} from '../../../src/engine/stack/driver/binding.js';
import { MAP_ENTRIES, type MapEntry } from '../../../src/engine/stack/driver/map-entries.js';
import { driverModule } from '../../../src/engine/stack/driver/modules.js';

const qlogic8: PciDevice = { slot: '0000:3b:00.0', vendor: '1077', device: '2532' };

const modules = (device: PciDevice, entries = MAP_ENTRIES): string[] =>
  candidates(device, entries).map(({ module }) => module);

describe('binding', () => {
  test('native drivers come before emulated ones', () => {
    expect(modules(qlogic8)).toEqual(['qlnativefc', 'qla2xxx']);
  });

  test('a device too old for a native driver gets the emulated one', () => {
    expect(bind({ ...qlogic8, device: '2422' }, MAP_ENTRIES).entry?.module).toBe('qla2xxx');
  });

  test('a driver that does not attach leaves the device to the next', () => {
    const { entry, refused } = bind(qlogic8, MAP_ENTRIES, (module) => module !== 'qlnativefc');
    expect(entry?.module).toBe('qla2xxx');
    expect(refused.map(({ module }) => module)).toEqual(['qlnativefc']);
    expect(bind(qlogic8, MAP_ENTRIES, () => false).entry).toBeUndefined();
  });

  test('the most specific entry of a family wins, whatever the order', () => {
    const base = { family: 'native', vendor: '1000' } as const;
    const entries: MapEntry[] = [
      { ...base, module: 'class', vendor: '*', classCode: '0104' },
      { ...base, module: 'vendor' },
      { ...base, module: 'device', device: '005d' },
      { ...base, module: 'board', device: '005d', subvendor: '1028', subdevice: '1f49' },
      { ...base, module: 'brand', device: '005d', subvendor: '1028' },
      { ...base, module: 'emulated', family: 'vmklinux', device: '005d', subvendor: '1028' },
    ];
    const device = {
      slot: '0000:02:00.0',
      vendor: '1000',
      device: '005d',
      subvendor: '1028',
      subdevice: '1f49',
      classCode: '0104',
    };
    const order = ['board', 'brand', 'device', 'vendor', 'class', 'emulated'];
    expect(modules(device, entries)).toEqual(order);
    expect(modules(device, [...entries].reverse())).toEqual(order);
    expect(modules({ ...device, subdevice: '0001' }, entries)).toEqual(order.slice(1));
  });

  test('classes stand for devices nobody names: any NVMe controller', () => {
    const nvme = { slot: '0000:5e:00.0', vendor: '144d', device: 'a80a', classCode: '0108' };
    expect(modules(nvme)).toEqual(['nvme_pcie']);
    expect(bind({ ...nvme, classCode: '0200' }, MAP_ENTRIES).entry).toBeUndefined();
  });

  test('maps name drivers of the table, each with its family', () => {
    for (const { module, family } of MAP_ENTRIES) {
      expect(driverModule(module)?.family, module).toBe(family);
    }
  });
});

describe('aliases', () => {
  test('are numbered by slot on the first boot', () => {
    const aliases = assignAliases(['0000:5e:00.0', '0000:00:1f.2', '0000:3b:00.0']);
    expect(Object.fromEntries(aliases)).toEqual({
      '0000:00:1f.2': 'vmhba0',
      '0000:3b:00.0': 'vmhba1',
      '0000:5e:00.0': 'vmhba2',
    });
  });

  test('stay with their slots; a device that moved gets a new one', () => {
    const first = assignAliases(['0000:3b:00.0', '0000:5e:00.0']);
    // The second card moves to a lower slot, and another is put in between.
    const second = assignAliases(['0000:3b:00.0', '0000:04:00.0', '0000:44:00.0'], first);
    expect(Object.fromEntries(second)).toEqual({
      '0000:3b:00.0': 'vmhba0',
      '0000:5e:00.0': 'vmhba1',
      '0000:04:00.0': 'vmhba2',
      '0000:44:00.0': 'vmhba3',
    });
    expect(assignAliases(['0000:5e:00.0'], second)).toEqual(second);
  });
});
