import { defineFault } from './define.js';

export const exportReadOnly = defineFault({
  name: 'export-read-only',
  summary: 'an NFS server exports the share read-only: writes fail, reads do not',
  target: 'export',
  params: {},
  lasting: true,
  inject(volume) {
    volume.readOnly = true;
    return () => {
      volume.readOnly = false;
    };
  },
});
