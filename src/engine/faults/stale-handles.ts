import { defineFault } from './define.js';

export const staleHandles = defineFault({
  name: 'stale-handles',
  summary: 'an export was made anew: handles of open files mean nothing to the server (ESTALE)',
  target: 'export',
  params: {},
  lasting: true,
  inject(volume) {
    volume.setStale(true);
    return () => volume.setStale(false);
  },
});
