import { count, size } from '../core/params.js';
import { defineFault } from './define.js';

export const noisyNeighbour = defineFault({
  name: 'noisy-neighbour',
  summary: 'a VM starts a heavy random load on its first disk',
  target: 'vm',
  params: {
    iodepth: count(64, 1, 1024, 'commands in flight'),
    block: size('64KiB', '512B', '4MiB', 'size of each command'),
    read: count(50, 0, 100, 'percentage of reads'),
  },
  inject(vm, { iodepth, block, read }) {
    return vm.startNoise({ iodepth, blockBytes: block, readPercent: read });
  },
});
