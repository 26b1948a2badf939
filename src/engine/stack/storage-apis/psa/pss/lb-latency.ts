import { count } from '../../../../core/params.js';
import { definePsp } from '../define.js';
import { Quickest } from '../quickest.js';

export const lbLatency = definePsp({
  name: 'LB-Latency',
  summary: 'HPP: the path on which the command should end first',
  params: {
    latencyEvalTime: count(
      30_000,
      10_000,
      300_000,
      'ms from one sampling of latencies to the next',
    ),
    samplingIosPerPath: count(16, 16, 160, 'commands each path gets in a sampling'),
  },
  create(context, { latencyEvalTime, samplingIosPerPath }) {
    const options = {
      evaluateNs: latencyEvalTime * 1e6,
      samples: samplingIosPerPath,
      useUnoptimized: false,
    };
    const text = `{latencyEvalTime=${latencyEvalTime};samplingIosPerPath=${samplingIosPerPath};}`;
    return new Quickest(context, options, () => text);
  },
});
