/** What backups need a person for. */
import { RESULTS } from '../../engine/simulation/backups/meter.js';
import { count, type Rule } from './rule.js';

export const backupRules: readonly Rule[] = [
  {
    name: 'backup-failed',
    scope: 'backup',
    level: 2,
    source: 'model: the last one did not end well, and none is under way',
    when: (row) => row.now('result') === RESULTS.failed && row.now('phase') === 0,
    words: (row) => {
      const points = row.now('points');
      const left =
        points === 0
          ? 'there is none to restore from'
          : `${count(points, 'earlier backup')} can be restored`;
      return `its last backup or restore failed, ${left}: see its event (E), then begin again (ctrl+o)`;
    },
  },
];
