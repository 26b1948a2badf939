import { defineFault } from './define.js';

export const adapterRemoval = defineFault({
  name: 'adapter-removal',
  summary: 'an adapter is pulled out of a running host: what it had is lost, its paths are dead',
  target: 'adapter',
  params: {},
  lasting: true,
  inject({ vmhba }) {
    vmhba.surpriseRemove('fault adapter-removal');
    return () => vmhba.insert('fault adapter-removal healed');
  },
});
