import type { ArrayPlan, LunPlan, PoolPlan, Transport } from '../../engine/plan/plan.js';
import type { HostText } from '../schema.js';
import { type Context, type Copy, copies, Names } from './context.js';
import { planModel } from './models.js';
import { naaOf } from './naa.js';
import { poolOfOne } from './pools.js';

/** The host's own disks of one transport, as a shelf only it sees. */
export function planLocalDisks(
  context: Context,
  host: Copy<HostText>,
  transport: Transport,
): ArrayPlan | undefined {
  const at = [...host.path, 'localDisks'];
  const own = host.item.localDisks
    .map((disk, index) => ({ disk, index }))
    .filter(({ disk }) => localTransport(disk) === transport);
  if (own.length === 0) return undefined;
  const name = transport === 'sas' ? `${host.name}-local` : `${host.name}-nvme`;
  const luns = new Names<LunPlan>(context, `local disk of ${host.name}`);
  const pools: PoolPlan[] = [];
  for (const { disk, index } of own) {
    const model = planModel(context, disk.disk, [...at, index, 'disk']);
    for (const { name: lunName } of copies([disk], at, 0)) {
      const lun: LunPlan = {
        name: lunName,
        uid: naaOf(`${name}/${lunName}`),
        number: luns.size,
        pool: lunName,
        sizeBytes: Math.floor(disk.size / 512) * 512,
        thin: false,
        owner: 0,
      };
      luns.add(lunName, lun, [...at, index, 'name']);
      pools.push(poolOfOne(lunName, model, lun.sizeBytes));
    }
  }
  return {
    name,
    vendor: 'ATA',
    product: 'LOCAL DISK',
    kind: 'jbod',
    transport,
    controllers: 1,
    portsPerController: 1,
    access: 'active-active',
    tpgs: 'implicit',
    transitionNs: 0,
    cacheBytes: 0,
    vaai: { ats: false, clone: false, zero: false, unmap: transport === 'nvme' },
    // Never used: it does not clone.
    copyBytesPerSecond: 1,
    pools,
    luns: [...luns.values()],
    portQueueDepth: 65536,
  };
}

/** How a local disk is attached: as told, or as its model suggests. */
function localTransport(disk: HostText['localDisks'][number]): 'sas' | 'nvme' {
  return disk.transport ?? (disk.disk.model === 'nvme' ? 'nvme' : 'sas');
}
