import { choice, count, size } from '../../../../core/params.js';
import { definePsp } from '../define.js';
import { Quickest } from '../quickest.js';
import { ByteRotation, CountRotation, type RotationState } from '../rotation.js';

/** Limit types of `esxcli storage nmp psp roundrobin deviceconfig set --type`. */
const POLICIES = ['rr', 'iops', 'bytes', 'latency'] as const;

export const rr = definePsp({
  name: 'VMW_PSP_RR',
  summary: 'round robin over the optimized paths',
  params: {
    policy: choice(
      POLICIES,
      'when the next path takes over: after iops commands (rr, iops), bytes, or by latency',
    ),
    iops: count(1000, 1, 100_000, 'commands on a path before the next takes over'),
    bytes: size('10MiB', '1B', '100MiB', 'bytes on a path before the next takes over'),
    latencyEvalTime: count(
      180_000,
      10_000,
      300_000,
      'ms from one sampling of latencies to the next',
    ),
    samplingCycles: count(16, 3, 1000, 'commands each path gets in a sampling'),
    useANO: count(0, 0, 1, 'take unoptimized paths too'),
  },
  create(context, values) {
    const { iops, bytes, latencyEvalTime, samplingCycles, useANO } = values;
    const policy = POLICIES[values.policy];
    const unoptimized = useANO === 1;
    if (policy === 'latency' && context.settings.on('Misc.EnablePSPLatencyPolicy')) {
      const options = {
        evaluateNs: latencyEvalTime * 1e6,
        samples: samplingCycles,
        useUnoptimized: unoptimized,
      };
      return new Quickest(context, options, (choice) => {
        const { working } = choice;
        const latency = Math.round(choice.latencyOf(working) / 1e3);
        const head = `policy=latency,latencyEvalTime=${latencyEvalTime},samplingCycles=${samplingCycles}`;
        const now = `CurrentPath=${working?.name ?? ''}: NumIOsPending=${working?.active ?? 0}`;
        return `{${head},curSamplingCycle=${choice.cycle},useANO=${useANO}; ${now},latency=${latency}}`;
      });
    }
    // The default carries a byte limit too, but commands govern.
    const name = policy === 'latency' ? 'rr' : policy;
    const format = ({ lastPathIndex, ios, bytes: sent }: RotationState): string =>
      `{policy=${name},iops=${iops},bytes=${bytes},useANO=${useANO}; ` +
      `lastPathIndex=${lastPathIndex}: NumIOsPending=${ios},numBytesPending=${sent}}`;
    return name === 'bytes'
      ? new ByteRotation(context, bytes, Number.POSITIVE_INFINITY, unoptimized, format)
      : new CountRotation(context, iops, unoptimized, format);
  },
});
