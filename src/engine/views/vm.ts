import { BLOCK_BYTES } from '../core/io.js';
import { shownGroup, spareGroup } from './kit/field-groups.js';
import { COMMANDS, commandsPerSecond, host, latency, named, TOTAL_NS } from './kit/fields.js';
import { percentileIds, percentiles } from './kit/percentiles.js';
import { perCommandMs, type Row } from './kit/row.js';
import { SumRow } from './kit/sum-row.js';
import { defineView } from './kit/view.js';

const MB = 1024 * 1024;

/** By value of the gauge. */
const POWER = ['running', 'SUSPEND', 'off', 'template'];

/** All of a machine's disks as one: it counts nothing itself. */
function allDisks(row: Row): Row {
  return row.info.scope === 'vm' ? new SumRow(row.window, row.info, 'disk') : row;
}

function overDisks(row: Row, figure: (disk: Row) => number): number {
  const disks = row.info.scope === 'vm' ? row.children('disk') : [row];
  let total = 0;
  for (const disk of disks) total += figure(disk);
  return total;
}

/**
 * Over all files of a machine's home that are there; of one of its disks, over its own file. Recordings
 * know no files.
 */
function overFiles(row: Row, figure: (file: Row) => number): number {
  if (row.info.scope !== 'vm') return figure(row);
  const files = row.children('file');
  let total = files.length > 0 ? 0 : Number.NaN;
  for (const file of files) total += figure(file);
  return total;
}

export const vm = defineView({
  name: 'vm',
  key: 'V',
  title: 'Virtual machines',
  tab: 'VM',
  summary: 'each machine with the sum of its disks',
  scope: 'vm',
  expand: 'disk',
  charts: ['CMDS/s', 'LAT/cmd', 'MB/s', 'GROW MB/s'],
  fieldGroups: [
    shownGroup('C', 'VMNAME = VM Name', ['VMNAME']),
    shownGroup('E', 'NUM = Num of Virtual Disks', ['NVDISK']),
    shownGroup('F', 'IOSTATS = I/O Stats', ['CMDS/s', 'READS/s', 'WRITES/s', 'MB/s']),
    shownGroup('M', 'LATSTATS/cmd = Overall Latency Stats (ms)', ['LAT/cmd']),
    spareGroup('N', 'PCTSTATS/cmd = Latency Percentiles (ms)', percentileIds('LAT')),
    shownGroup('O', 'QSTATS = Queue Stats', ['ACTV', 'QUED']),
    shownGroup('P', 'HOST = Host and State', ['HOST', 'STATE']),
    spareGroup('Q', 'SPACE = Space of all its Files', ['ALLOC', 'GROW MB/s']),
  ],
  fields: [
    named('VMNAME', 16, 'virtual machine; when expanded, its disks'),
    host,
    {
      id: 'STATE',
      width: 8,
      weight: 0,
      format: 'text',
      help: 'running, off, SUSPEND, template; or a question waits for an answer (key a)',
      value: (row) => {
        const stunned = row.now('stunned');
        if (Number.isNaN(stunned)) return '';
        return stunned > 0 ? 'QUESTION' : (POWER[row.now('power')] ?? 'running');
      },
      level: (value) => (value === 'QUESTION' ? 2 : 0),
    },
    {
      id: 'NVDISK',
      width: 6,
      weight: 4,
      format: 'count',
      help: 'number of virtual disks',
      value: (row) => (row.info.scope === 'vm' ? row.children('disk').length : Number.NaN),
    },
    {
      id: 'ACTV',
      width: 5,
      weight: 1,
      format: 'count',
      help: 'commands below the virtual SCSI layer',
      value: (row) => overDisks(row, (disk) => disk.now('active')),
    },
    {
      id: 'QUED',
      width: 5,
      weight: 1,
      format: 'count',
      help: 'commands waiting in the virtual SCSI layer',
      value: (row) => overDisks(row, (disk) => disk.now('queued')),
    },
    {
      id: 'CMDS/s',
      width: 9,
      weight: 0,
      format: 'fixed',
      help: 'commands completed per second',
      value: (row) => overDisks(row, commandsPerSecond),
      sort: 'c',
    },
    {
      id: 'READS/s',
      group: 'iops',
      width: 9,
      weight: 3,
      format: 'fixed',
      help: 'reads per second',
      value: (row) => overDisks(row, (disk) => disk.rate('reads')),
      sort: 'r',
    },
    {
      id: 'WRITES/s',
      group: 'iops',
      width: 9,
      weight: 3,
      format: 'fixed',
      help: 'writes per second',
      value: (row) => overDisks(row, (disk) => disk.rate('writes')),
      sort: 'w',
    },
    {
      id: 'MB/s',
      width: 8,
      weight: 2,
      format: 'fixed',
      help: 'megabytes read and written per second',
      value: (row) =>
        (overDisks(row, (disk) => disk.rate('readBlocks') + disk.rate('writeBlocks')) *
          BLOCK_BYTES) /
        MB,
    },
    latency('LAT/cmd', 0, 'ms per command, guest to guest', [20, 25], (row) =>
      perCommandMs(
        overDisks(row, (disk) => disk.sum(TOTAL_NS)),
        overDisks(row, (disk) => disk.sum(COMMANDS)),
      ),
    ),
    ...percentiles('LAT', allDisks),
    {
      id: 'ALLOC',
      group: 'space',
      width: 9,
      weight: 8,
      format: 'blocks',
      help: 'space its files have taken from datastores: disks, deltas, swap, logs',
      value: (row) =>
        overFiles(row, (file) => (file.now('present') === 0 ? 0 : file.now('allocatedBlocks'))),
    },
    {
      id: 'GROW MB/s',
      group: 'space',
      width: 9,
      weight: 8,
      format: 'fixed',
      help: 'space its files take per second; below zero it shrinks',
      value: (row) => (overFiles(row, (file) => file.rate('allocatedBlocks')) * BLOCK_BYTES) / MB,
    },
  ],
});
