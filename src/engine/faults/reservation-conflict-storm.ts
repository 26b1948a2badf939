import { duration } from '../core/params.js';
import { OTHER_INITIATOR } from '../devices/array/reservation.js';
import { defineFault } from './define.js';

export const reservationConflictStorm = defineFault({
  name: 'reservation-conflict-storm',
  summary: 'another initiator reserves the LUN again and again: all others get conflicts meanwhile',
  target: 'lun',
  params: {
    period: duration('1s', '10ms', '1h', 'from one reservation to the next'),
    hold: duration('200ms', '1ms', '1h', 'how long it is held; at most half the period'),
  },
  inject({ lun }, { period, hold }, { pulse }) {
    return pulse(period, Math.min(hold, period / 2), (broken) => {
      if (broken) lun.reservation.reserve(OTHER_INITIATOR, 'fault reservation-conflict-storm');
      else lun.reservation.releaseBy(OTHER_INITIATOR, 'fault reservation-conflict-storm');
    });
  },
});
