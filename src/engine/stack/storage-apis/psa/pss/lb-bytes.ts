import { size } from '../../../../core/params.js';
import { definePsp } from '../define.js';
import { ByteRotation } from '../rotation.js';

export const lbBytes = definePsp({
  name: 'LB-BYTES',
  summary: 'HPP: the next path after so many bytes',
  params: { bytes: size('10MiB', '1B', '100MiB', 'bytes on a path before the next takes over') },
  create: (context, { bytes }) =>
    new ByteRotation(context, bytes, Number.POSITIVE_INFINITY, false, () => `{bytes=${bytes};}`),
});
