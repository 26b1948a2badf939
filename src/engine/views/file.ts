import { BLOCK_BYTES } from '../core/io.js';
import { gauge, labelled, named } from './kit/fields.js';
import type { Row } from './kit/row.js';
import { storeFull } from './kit/store-full.js';
import { defineView, type Field } from './kit/view.js';

const MB = 1024 * 1024;

/** A file that does not grow has no part in that, and there are many of them. */
function growing(field: Field): Field {
  return {
    ...field,
    help: `${field.help}; of files that grow`,
    value: (row) =>
      row.grown('allocatedBlocks') > 0 || isFull(row) ? field.value(row) : Number.NaN,
  };
}

function isFull(row: Row): boolean {
  return (row.parent('datastore')?.now('full') ?? 0) > 0;
}

export const file = defineView({
  name: 'file',
  key: 'F',
  title: 'VM files',
  tab: 'File',
  summary: "the files of each machine's home and the space they take",
  scope: 'file',
  rollUp: 'vm',
  there: (row) => row.now('present') !== 0,
  charts: ['ALLOC', 'GROW MB/s'],
  fields: [
    named('FILE', 30, 'file; a machine, whose files are rolled up'),
    labelled('VM', 12, 2, 'vm', 'virtual machine'),
    labelled('DATASTORE', 14, 2, 'datastore', 'datastore'),
    labelled('ROLE', 15, 1, 'role', 'what the file is for'),
    gauge('SIZE', 9, 0, 'blocks', 'sizeBlocks', 'size'),
    {
      ...gauge('ALLOC', 9, 0, 'blocks', 'allocatedBlocks', 'space taken from the datastore'),
      sort: 'T',
    },
    {
      id: 'GROW MB/s',
      width: 9,
      weight: 1,
      format: 'fixed',
      help: 'space taken per second',
      value: (row) => (row.rate('allocatedBlocks') * BLOCK_BYTES) / MB,
      sort: 'c',
    },
    growing(storeFull(3)),
  ],
});
