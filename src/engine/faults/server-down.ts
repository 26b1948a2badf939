import { defineFault } from './define.js';

export const serverDown = defineFault({
  name: 'server-down',
  summary: 'an NFS server stops answering',
  target: 'server',
  params: {},
  lasting: true,
  inject(server) {
    server.setUp(false, 'fault server-down');
    return () => server.setUp(true, 'fault server-down healed');
  },
});
