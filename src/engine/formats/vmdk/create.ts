import { InputError } from '../../core/errors.js';
import { formatSize } from '../../core/units.js';
import { CowdSink } from './cowd-sink.js';
import type { Descriptor } from './descriptor.js';
import { type ExtentLine, requirePlainName } from './extent-line.js';
import type { Format } from './formats.js';
import { embed, HostedSink } from './hosted-sink.js';
import { type Codec, type FileMedium, SECTOR } from './medium.js';
import { type NewDisk, newDescriptor } from './new-descriptor.js';
import { SeSink } from './se-sink.js';
import { FlatSink, type Sink, SplitSink } from './sink.js';
import { StreamSink } from './stream-sink.js';

export interface CreateOptions extends Pick<NewDisk, 'random' | 'like' | 'parent'> {
  readonly codec: Codec;
  /** The disk that is written anew: it stays the same disk, with the same content id. */
  readonly same?: Descriptor | undefined;
}

/** Names of a new disk's files; the descriptor, or the only one, is the last. */
export function filesOf(name: string, format: Format, sectors: number): string[] {
  const extents = extentsOf(name, format, sectors).map(({ file }) => file ?? name);
  return format.suffix === '' ? [name] : [...extents, name];
}

function extentsOf(name: string, format: Format, sectors: number): ExtentLine[] {
  const line = { access: 'RW', type: format.extentType } as const;
  const offset = format.extentType === 'FLAT' ? { offset: 0 } : {};
  if (format.suffix === '') return [{ ...line, sectors, file: name }];
  const base = name.replace(/\.vmdk$/i, '');
  if (format.partSectors === 0) {
    return [{ ...line, sectors, file: `${base}${format.suffix}.vmdk`, ...offset }];
  }
  const lines: ExtentLine[] = [];
  for (let at = 0; at < Math.max(1, sectors); at += format.partSectors) {
    const number = String(lines.length + 1).padStart(3, '0');
    lines.push({
      ...line,
      sectors: Math.min(format.partSectors, sectors - at),
      file: `${base}${format.suffix}${number}.vmdk`,
      ...offset,
    });
  }
  return lines;
}

/**
 * Begins a new disk. Its content goes into what is returned, and `finish` of that makes it whole; only
 * then is there a descriptor.
 * @param create makes an empty file by its plain name
 * @throws InputError when the format cannot hold a disk of this size
 */
export function createDisk(
  create: (name: string) => FileMedium,
  name: string,
  format: Format,
  sectors: number,
  options: CreateOptions,
): Sink {
  if (sectors > format.sectorsMax) {
    throw InputError.of(
      name,
      `${formatSize(sectors * SECTOR)} is too large for ${format.name}: it takes at most ` +
        `${formatSize(format.sectorsMax * SECTOR)} (${format.sectorsMax} sectors, not ${sectors})`,
      'thin, zeroedthick and seSparse take 62 TB',
    );
  }
  if (format.createType === '') return new FlatSink(create(name), sectors, false);
  const plain = requirePlainName(name, name);
  if (plain.includes('"')) throw InputError.of(name, 'a name with quotes cannot be written down');
  const extents = extentsOf(name, format, sectors);
  const { createType, thin } = format;
  const descriptor = options.same ?? newDescriptor({ ...options, createType, extents, thin });
  descriptor.setExtents(extents);
  if (format.suffix === '') {
    const medium = create(name);
    const text = embed(descriptor.bytes());
    return format.kind === 'stream'
      ? new StreamSink(medium, sectors, text, options.codec)
      : new HostedSink(medium, sectors, text);
  }
  const parts = extents.map((line) => sinkOf(format, create(line.file ?? ''), line.sectors));
  const sink = parts.length === 1 ? parts[0] : new SplitSink(parts, format.partSectors);
  return new DescribedSink(sink, descriptor, () => create(name));
}

function sinkOf(format: Format, medium: FileMedium, sectors: number): Sink {
  if (format.kind === 'hosted') return new HostedSink(medium, sectors, undefined);
  if (format.kind === 'cowd') return new CowdSink(medium, sectors);
  if (format.kind === 'se') return new SeSink(medium, sectors);
  return new FlatSink(medium, sectors, format.dense);
}

/** Extents, and the descriptor when they are whole. */
class DescribedSink implements Sink {
  constructor(
    private readonly extents: Sink,
    private readonly descriptor: Descriptor,
    private readonly open: () => FileMedium,
  ) {}

  get dense(): boolean {
    return this.extents.dense;
  }

  write(sector: number, bytes: Uint8Array): void {
    this.extents.write(sector, bytes);
  }

  finish(): void {
    this.extents.finish();
    this.open().write(0, this.descriptor.bytes());
  }
}
