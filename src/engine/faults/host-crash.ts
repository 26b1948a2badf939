import { defineFault } from './define.js';

export const hostCrash = defineFault({
  name: 'host-crash',
  summary:
    'a host dies: its machines stop for good, its locks on datastores stay; healed, it is back',
  target: 'host',
  params: {},
  lasting: true,
  inject(host) {
    host.crash('fault host-crash');
    return () => host.reboot('fault host-crash healed');
  },
});
