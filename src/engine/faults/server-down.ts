import { defineFault } from './define.js';

export const serverDown = defineFault({
  name: 'server-down',
  summary: 'an NFS server stops answering',
  target: 'server',
  params: {},
  lasting: true,
  inject(server) {
    const bringUp = server.takeDown('fault server-down');
    return () => bringUp('fault server-down healed');
  },
});
