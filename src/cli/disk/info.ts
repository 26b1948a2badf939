import { basename, dirname } from 'node:path';
import { formatSize } from '../../engine/core/units.js';
import { NO_CID } from '../../engine/formats/vmdk/descriptor.js';
import { type Link, openDisk, rawDevice, readDescriptor } from '../../engine/formats/vmdk/disk.js';
import { SECTOR } from '../../engine/formats/vmdk/medium.js';
import { zlibCodec } from '../../input/image/zlib-codec.js';
import { formatTable, groupDigits } from '../../output/table.js';
import { printable } from '../volume/printable.js';
import { dataOf } from './data-of.js';
import { withFiles } from './source.js';

/** `vmtop disk info`. */
export async function printInfo(path: string, outside: boolean): Promise<void> {
  await withFiles(path, outside, (files) => {
    const { descriptor } = readDescriptor(files.open(path), zlibCodec);
    const lines = descriptor.extents(path);
    const sectors = lines.reduce((sum, line) => sum + line.sectors, 0);
    const thin = descriptor.get('ddb.thinProvisioned') === '1' ? ', thin' : '';
    const device = rawDevice(descriptor);
    const parent = descriptor.parentCid === NO_CID ? '' : `, child of ${descriptor.parentCid}`;
    const head = [
      `${descriptor.createType}${thin}${device === undefined ? '' : ` (${device})`}`,
      `size ${formatSize(sectors * SECTOR)} (${groupDigits(sectors * SECTOR)} bytes)`,
      `content ${descriptor.cid}${parent}`,
    ];
    const uuid = descriptor.get('ddb.uuid');
    if (uuid !== undefined) head.push(`uuid ${uuid}`);
    process.stdout.write(`${head.map(printable).join('\n')}\n`);
    if (device !== undefined) return;
    const disk = openDisk(files.folder(dirname(path)), basename(path), zlibCodec);
    process.stdout.write(`${describeLinks(disk.links)}\n`);
  });
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly file: string;
  readonly bytes: number;
  readonly data: string;
}

function describeLinks(links: readonly Link[]): string {
  const rows: Row[] = links.flatMap((link) =>
    link.descriptor.extents(link.name).map((line, index) => {
      const extent = link.extents[index];
      return {
        name: basename(link.name),
        type: line.type,
        file: line.file ?? '-',
        bytes: line.sectors * SECTOR,
        data: extent === undefined ? '-' : dataOf([extent]),
      };
    }),
  );
  return formatTable(rows, [
    { title: 'disk', align: 'left', text: ({ name }) => printable(name) },
    { title: 'extent', align: 'left', text: ({ type }) => type },
    { title: 'file', align: 'left', text: ({ file }) => printable(file) },
    { title: 'size', text: ({ bytes }) => formatSize(bytes) },
    { title: 'data', text: ({ data }) => data },
  ]);
}
