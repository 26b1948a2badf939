import { FormatError } from '../../core/errors.js';
import { READ, WRITE } from '../../core/io.js';
import { Columns } from '../columns.js';
import { defineTrace } from '../define-trace.js';

/**
 * DiskSim's validation traces: one request at a time to one real disk, with the service time that was
 * measured, in microseconds. Trace-format reference, section 9. A request arrives when the one before
 * has ended and its think time has passed. What the drive's buffer did is not used.
 */
const OPS = ['R', 'W'] as const;
const ACTIONS = ['Hit', 'Miss', 'Doub', 'Trip'] as const;
const NS_PER_US = 1000;

/** The first fields of a line; returns the op. */
function readHead(columns: Columns): number {
  const op = columns.word(OPS);
  if (op < 0) columns.refuse('op', 'R or W');
  if (columns.word(ACTIONS) < 0) columns.refuse('action', `one of ${ACTIONS.join(', ')}`);
  return op === 0 ? READ : WRITE;
}

export const disksimValidate = defineTrace({
  name: 'disksim-validate',
  summary: 'DiskSim validation trace, text, with measured service times',
  layout: 'a line is op action blkno bcount service_us think_us, separated by blanks',
  position: 'line',

  sniff(head) {
    const columns = new Columns(head);
    try {
      if (!columns.nextLine()) return false;
      readHead(columns);
      columns.integer('blkno');
      return true;
    } catch (error) {
      if (error instanceof FormatError) return false;
      throw error;
    }
  },

  decode(bytes, records) {
    const columns = new Columns(bytes);
    let at = 0;
    while (columns.nextLine()) {
      records.record = columns.line;
      records.offset = columns.position;
      const op = readHead(columns);
      const lba = columns.integer('blkno');
      const blocks = columns.integer('bcount');
      const serviceNs = Math.round(columns.decimal('service_us') * NS_PER_US);
      const thinkNs = Math.round(columns.decimal('think_us') * NS_PER_US);
      columns.endLine();
      if (blocks === 0) {
        records.skipped++;
      } else {
        records.add(at, op, lba, blocks, 0);
        records.measured(serviceNs);
      }
      at += serviceNs + thinkNs;
    }
  },
});
