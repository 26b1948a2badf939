import { count, size } from '../../../../core/params.js';
import { definePsp } from '../define.js';
import { ByteRotation } from '../rotation.js';

export const lbRr = definePsp({
  name: 'LB-RR',
  summary: 'HPP: the next path after so many commands or bytes, whichever comes first',
  params: {
    iops: count(1000, 1, 10_000, 'commands on a path before the next takes over'),
    bytes: size('10MiB', '1B', '100MiB', 'bytes on a path before the next takes over'),
  },
  create: (context, { iops, bytes }) =>
    new ByteRotation(context, bytes, iops, false, () => `{iops=${iops};bytes=${bytes};}`),
});
