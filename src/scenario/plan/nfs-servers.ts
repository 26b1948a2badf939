import type { NfsServerPlan } from '../../engine/plan/plan.js';
import type { Scenario } from '../schema.js';
import { type Context, Names } from './context.js';
import { planModel } from './models.js';

export function planNfsServers(context: Context, scenario: Scenario): Map<string, NfsServerPlan> {
  const servers = new Names<NfsServerPlan>(context, 'NFS server');
  for (const [index, server] of scenario.nfsServers.entries()) {
    const path = ['nfsServers', index];
    const plan: NfsServerPlan = {
      name: server.name,
      capacityBytes: server.capacity,
      threads: server.threads,
      disk: planModel(context, server.disk, [...path, 'disk']),
      rttNs: server.rtt,
      bytesPerSecond: server.bandwidth,
      copyBytesPerSecond: server.copyRate,
      ...(server.plugin && { plugin: true }),
      addresses: server.addresses,
      transferBytes: Math.floor(server.transfer / 4096) * 4096,
      slots: server.slots,
      leaseNs: server.lease,
      graceNs: server.grace,
    };
    servers.add(server.name, plan, [...path, 'name']);
  }
  return servers;
}
