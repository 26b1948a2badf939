/** Catalogue of table views: one file each, listed once, in the order screens show them. */
import { adapter } from './adapter.js';
import { backup } from './backup.js';
import { datastore } from './datastore.js';
import { device } from './device.js';
import { file } from './file.js';
import { growth } from './growth.js';
import type { View } from './kit/view.js';
import { locks } from './locks.js';
import { lun } from './lun.js';
import { mover } from './mover.js';
import { path } from './path.js';
import { port } from './port.js';
import { qos } from './qos.js';
import { sioc } from './sioc.js';
import { snapshot } from './snapshot.js';
import { spindle } from './spindle.js';
import { vasa } from './vasa.js';
import { virtualDisk } from './virtual-disk.js';
import { vm } from './vm.js';

export const views: readonly View[] = [
  adapter,
  device,
  virtualDisk,
  path,
  qos,
  sioc,
  datastore,
  growth,
  locks,
  snapshot,
  backup,
  vm,
  mover,
  lun,
  vasa,
  port,
  spindle,
  file,
];
