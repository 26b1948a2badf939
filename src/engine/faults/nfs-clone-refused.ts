import { defineFault } from './define.js';

/** What a server does whose licence for cloning has run out: the plug-in is told, and the host copies. */
export const nfsCloneRefused = defineFault({
  name: 'nfs-clone-refused',
  summary: 'an NFS server refuses to clone files (VAAI for NAS): hosts do the work themselves',
  target: 'server',
  params: {},
  lasting: true,
  inject(server) {
    server.refusesClones = true;
    return () => {
      server.refusesClones = false;
    };
  },
});
