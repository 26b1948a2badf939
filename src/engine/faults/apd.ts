import { defineFault } from './define.js';

export const apd = defineFault({
  name: 'apd',
  summary: 'all paths down: a host loses every path to a device, without a word from the array',
  target: 'device',
  params: {},
  lasting: true,
  inject({ paths }) {
    for (const { nexus, lun } of paths) nexus.setLunReachable(lun.index, false, 'fault apd');
    return () => {
      for (const { nexus, lun } of paths)
        nexus.setLunReachable(lun.index, true, 'fault apd healed');
    };
  },
});
