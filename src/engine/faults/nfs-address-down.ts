import { defineFault } from './define.js';

export const nfsAddressDown = defineFault({
  name: 'nfs-address-down',
  summary: 'nothing passes over one address of an NFS server',
  target: 'address',
  params: {},
  lasting: true,
  inject({ server, address }) {
    server.setLinkUp(address, false, 'fault nfs-address-down');
    return () => server.setLinkUp(address, true, 'fault nfs-address-down healed');
  },
});
