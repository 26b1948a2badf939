import { FormatError } from '../../core/errors.js';
import type { Descriptor } from './descriptor.js';
import type { DirectoryContext, DirectoryFormat, Entry, NewEntry } from './directory.js';

export class HashedDirectories implements DirectoryFormat {
  constructor(private readonly context: DirectoryContext) {}
  entries(_dir: Descriptor): Entry[] {
    throw new FormatError('later');
  }
  create(_dir: Descriptor, _parent: Descriptor): void {}
  add(_dir: Descriptor, _entry: NewEntry): void {}
  remove(_dir: Descriptor, _entry: Entry): void {}
  retarget(_dir: Descriptor, _entry: Entry, _target: NewEntry): void {}
}
