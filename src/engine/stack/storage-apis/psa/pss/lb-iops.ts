import { count } from '../../../../core/params.js';
import { definePsp } from '../define.js';
import { CountRotation } from '../rotation.js';

export const lbIops = definePsp({
  name: 'LB-IOPS',
  summary: 'HPP: the next path after so many commands',
  params: { iops: count(1000, 1, 10_000, 'commands on a path before the next takes over') },
  create: (context, { iops }) => new CountRotation(context, iops, false, () => `{iops=${iops};}`),
});
