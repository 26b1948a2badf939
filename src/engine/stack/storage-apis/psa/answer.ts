import {
  CHECK_CONDITION,
  deviceOf,
  HOST_ABORT,
  HOST_BUS_BUSY,
  HOST_RESET,
  HOST_RETRY,
  hostOf,
  SENSE_NOT_READY_TRANSITION,
  SENSE_STANDBY,
  sense,
} from '../../../core/status.js';
import type { ArrayModel } from './define.js';
import type { Path } from './path.js';
import { PATH_DEAD, PATH_STANDBY, PATH_UNAVAILABLE } from './path-state.js';
import { ACCESS_TRANSITIONING } from './target.js';
import { isPermanentLoss } from './verdict.js';

/** A probe that told nothing: the path keeps its state and is asked again. */
export const INCONCLUSIVE = -1;

const INCONCLUSIVE_HOSTS: readonly number[] = [HOST_BUS_BUSY, HOST_ABORT, HOST_RESET, HOST_RETRY];
const SENSE_MANUAL_INTERVENTION = sense(0x02, 0x04, 0x03);
const SENSE_UNAVAILABLE = sense(0x02, 0x04, 0x0c);
const SENSE_OFFLINE = sense(0x02, 0x04, 0x12);
const SENSE_PASSIVE = sense(0x05, 0x94, 0x01);

/** State of a path after the answer to a probe; sets what the answer says besides. */
export function readAnswer(
  model: Pick<ArrayModel, 'stateOf'>,
  path: Path,
  status: number,
  senseData: number,
): number {
  path.transitioning = false;
  if (hostOf(status) !== 0) {
    return INCONCLUSIVE_HOSTS.includes(hostOf(status)) ? INCONCLUSIVE : PATH_DEAD;
  }
  path.lost = false;
  if (deviceOf(status) === CHECK_CONDITION) {
    if (isPermanentLoss(senseData)) {
      path.lost = true;
      return PATH_DEAD;
    }
    switch (senseData) {
      case SENSE_NOT_READY_TRANSITION:
        path.transitioning = true;
        return PATH_UNAVAILABLE;
      case SENSE_STANDBY:
      case SENSE_MANUAL_INTERVENTION:
      case SENSE_PASSIVE:
        return PATH_STANDBY;
      case SENSE_UNAVAILABLE:
      case SENSE_OFFLINE:
        return PATH_UNAVAILABLE;
    }
  }
  // Any other answer, busy or unit attention too, came from a port that serves the LUN.
  const accessState = path.lun.accessState(path.controller);
  const state = model.stateOf(accessState);
  path.transitioning = state === PATH_UNAVAILABLE && accessState === ACCESS_TRANSITIONING;
  return state;
}
