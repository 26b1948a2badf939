import { gauge, labelled, named } from './kit/fields.js';
import { defineView } from './kit/view.js';

export const file = defineView({
  name: 'file',
  key: 'F',
  title: 'VM files',
  tab: 'File',
  summary: "the files of each machine's home and the space they take",
  scope: 'file',
  there: (row) => row.now('present') !== 0,
  charts: ['ALLOC'],
  fields: [
    named('FILE', 30, 'file'),
    labelled('VM', 12, 2, 'vm', 'virtual machine'),
    labelled('DATASTORE', 14, 2, 'datastore', 'datastore'),
    labelled('ROLE', 15, 1, 'role', 'what the file is for'),
    gauge('SIZE', 9, 0, 'blocks', 'sizeBlocks', 'size'),
    gauge('ALLOC', 9, 0, 'blocks', 'allocatedBlocks', 'space taken from the datastore'),
  ],
});
