import { defineFault } from './define.js';

export const nfsServerRestart = defineFault({
  name: 'nfs-server-restart',
  summary: 'an NFS server goes down; healed, it is back and knows no session of before',
  target: 'server',
  params: {},
  lasting: true,
  inject(server) {
    return server.restart('fault nfs-server-restart');
  },
});
