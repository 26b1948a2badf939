import { above, labelled } from './kit/fields.js';
import { defineView, type Field } from './kit/view.js';

function count(id: string, weight: number, field: string, help: string): Field {
  return { id, width: 6, weight, format: 'count', help, value: (row) => row.now(field) };
}

function moved(id: string, weight: number, field: string, help: string): Field {
  return { id, width: 9, weight, format: 'blocks', help, value: (row) => row.now(field) };
}

function rate(id: string, field: string, help: string): Field {
  const value: Field['value'] = (row) => (row.rate(field) * 512) / (1024 * 1024);
  return { id, width: 9, weight: 3, format: 'fixed', help, value };
}

export const mover = defineView({
  name: 'mover',
  key: 'M',
  title: 'Data movers',
  tab: 'Mover',
  summary: 'clones, zeroing and reclaimed space of each host, and what arrays saved it (VAAI)',
  scope: 'mover',
  charts: ['MBARRAY/s', 'MBHOST/s'],
  fields: [
    labelled('HOST', 12, 0, 'host', 'host'),
    count('RUN', 0, 'running', 'operations under way'),
    count('DONE', 1, 'finished', 'operations that ended well'),
    { ...count('FAILED', 1, 'failed', 'operations that failed'), level: above(0.5, 1e9) },
    rate('MBARRAY/s', 'offloadedBlocks', 'MB per second copied by arrays'),
    rate('MBHOST/s', 'copiedBlocks', 'MB per second copied through the host'),
    moved('ARRAY', 1, 'offloadedBlocks', 'copied by arrays'),
    moved('BYHOST', 1, 'copiedBlocks', 'copied through the host'),
    moved('ZEROED', 2, 'zeroedBlocks', 'zeroed in new disks'),
    moved('UNMAPPED', 2, 'reclaimedBlocks', 'free space given back to arrays'),
    moved('SAVED', 0, 'savedBlocks', 'data that did not cross the fabric, as arrays did the work'),
    {
      id: 'LINKTIME',
      width: 9,
      weight: 1,
      format: 'duration',
      help: "time it would have kept all of the host's links busy",
      value: (row) => row.now('savedNs'),
    },
    count('FALLBK', 2, 'fallbacks', 'commands arrays refused and the host did itself'),
  ],
});
