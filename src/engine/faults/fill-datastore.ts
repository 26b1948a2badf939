import { size } from '../core/params.js';
import { defineFault } from './define.js';

export const fillDatastore = defineFault({
  name: 'fill-datastore',
  summary: 'somebody fills a datastore with files until little is left',
  target: 'datastore',
  params: { leave: size('0B', '0B', '64TiB', 'free space that is left') },
  inject(datastore, { leave }) {
    const bytes = datastore.free * 1024 * 1024 - leave;
    if (bytes > 0) datastore.fill(bytes);
    return () => datastore.release();
  },
});
