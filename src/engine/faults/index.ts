/** The catalogue of faults; a new one is a file and a line here. */
import { adapterRemoval } from './adapter-removal.js';
import { adapterReset } from './adapter-reset.js';
import { apd } from './apd.js';
import { backupProxyDown } from './backup-proxy-down.js';
import { bitRot } from './bit-rot.js';
import { cacheBatteryLoss } from './cache-battery-loss.js';
import { controllerFailover } from './controller-failover.js';
import { controllerHang } from './controller-hang.js';
import type { FaultInfo } from './define.js';
import { deviceStall } from './device-stall.js';
import { diskFailure } from './disk-failure.js';
import { exportReadOnly } from './export-read-only.js';
import { fillDatastore } from './fill-datastore.js';
import { fillPool } from './fill-pool.js';
import { hostCrash } from './host-crash.js';
import { latencySpike } from './latency-spike.js';
import { linkDown } from './link-down.js';
import { linkFlap } from './link-flap.js';
import { lostWrite } from './lost-write.js';
import { managementNetworkDown } from './management-network-down.js';
import { misdirectedWrite } from './misdirected-write.js';
import { nfsAddressDown } from './nfs-address-down.js';
import { nfsCloneRefused } from './nfs-clone-refused.js';
import { nfsServerRestart } from './nfs-server-restart.js';
import { noisyNeighbour } from './noisy-neighbour.js';
import { pathDown } from './path-down.js';
import { pathFlap } from './path-flap.js';
import { pathLossy } from './path-lossy.js';
import { pathSlow } from './path-slow.js';
import { pdl } from './pdl.js';
import { queueFullStorm } from './queue-full-storm.js';
import { reservationConflictStorm } from './reservation-conflict-storm.js';
import { serverDown } from './server-down.js';
import { slowDevice } from './slow-device.js';
import { slowDisk } from './slow-disk.js';
import { staleHandles } from './stale-handles.js';
import { switchLoss } from './switch-loss.js';
import { tornWrite } from './torn-write.js';
import { vaaiRefused } from './vaai-refused.js';
import { vasaRestart } from './vasa-restart.js';

export const FAULTS: readonly FaultInfo[] = [
  pathDown,
  pathFlap,
  pathSlow,
  pathLossy,
  linkDown,
  linkFlap,
  adapterReset,
  adapterRemoval,
  switchLoss,
  controllerFailover,
  controllerHang,
  cacheBatteryLoss,
  diskFailure,
  slowDisk,
  queueFullStorm,
  slowDevice,
  latencySpike,
  deviceStall,
  reservationConflictStorm,
  apd,
  pdl,
  vaaiRefused,
  vasaRestart,
  bitRot,
  tornWrite,
  misdirectedWrite,
  lostWrite,
  fillDatastore,
  fillPool,
  serverDown,
  nfsServerRestart,
  nfsAddressDown,
  nfsCloneRefused,
  exportReadOnly,
  staleHandles,
  hostCrash,
  backupProxyDown,
  managementNetworkDown,
  noisyNeighbour,
];
