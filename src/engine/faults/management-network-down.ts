import { defineFault } from './define.js';

/** Storage goes on: only what is told to the host, and what its backups send, has to wait. */
export const managementNetworkDown = defineFault({
  name: 'management-network-down',
  summary: "a host's management network is down: backups over it wait, and after 30 s they end",
  target: 'proxy',
  params: {},
  lasting: true,
  inject(proxy) {
    proxy.setNetwork(false);
    return () => proxy.setNetwork(true);
  },
});
