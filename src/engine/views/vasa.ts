import { above, gauge, labelled, named } from './kit/fields.js';
import { defineView, type Field } from './kit/view.js';

const COLOURS = ['green', 'yellow', 'red'];

function count(id: string, weight: number, field: string, help: string, bad = false): Field {
  return {
    id,
    width: 6,
    weight,
    format: 'count',
    help,
    value: (row) => row.now(field),
    ...(bad ? { level: above(0.5, 1e9) } : {}),
  };
}

export const vasa = defineView({
  name: 'vasa',
  key: 'U',
  title: 'Storage awareness',
  tab: 'VASA',
  summary: 'what the VASA provider of each array says: health, space, alarms, compliance',
  scope: 'vasa',
  charts: ['USED'],
  empty: 'no array has a VASA provider: shelves of disks and NFS servers have none',
  fields: [
    named('ARRAY', 12, 'array'),
    labelled('PRODUCT', 14, 6, 'product', 'product, as INQUIRY says'),
    {
      id: 'PROVIDER',
      width: 8,
      weight: 1,
      format: 'text',
      help: 'whether the provider answers',
      value: (row) => (row.now('online') > 0 ? 'online' : 'OFFLINE'),
      level: (value) => (value === 'online' ? 0 : 2),
    },
    {
      id: 'HEALTH',
      width: 6,
      weight: 0,
      format: 'text',
      help: 'worst alarm of the array: green, yellow or red',
      value: (row) => COLOURS[row.now('health')] ?? '',
      level: (value) => (value === 'red' ? 2 : value === 'yellow' ? 1 : 0),
    },
    count('ALARMS', 1, 'alarms', 'objects whose alarm is not green', true),
    count('EVENTS', 3, 'events', 'events received since the start'),
    count(
      'SESSNS',
      8,
      'sessions',
      'sessions opened since the start; more than one after a restart',
    ),
    gauge('CAPACITY', 9, 4, 'blocks', 'capacityBlocks', 'size of its pools'),
    gauge('USED', 9, 2, 'blocks', 'usedBlocks', 'space of its pools in use'),
    gauge('PROMISED', 9, 5, 'blocks', 'provisionedBlocks', 'size of its LUNs'),
    count('COMPL', 2, 'compliant', 'virtual disks that lie where their policies want them'),
    count('NONCOM', 1, 'nonCompliant', 'virtual disks whose datastore misses their policy', true),
    count('UNKNWN', 4, 'unknown', 'virtual disks nobody can say it of, as the provider is down'),
    labelled('CAPABILITIES', 30, 7, 'capabilities', 'what the array can do'),
  ],
});
