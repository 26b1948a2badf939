import { assert } from '../../../core/assert.js';
import { InputError } from '../../../core/errors.js';
import type { SnapshotContent } from './snapshot-content.js';
import { SnapshotImage } from './snapshot-image.js';
import { SnapshotLun } from './snapshot-lun.js';

/**
 * A LUN that presents a snapshot of another to hosts, with a name of its own. Until it does, hosts see
 * nothing of it. Writes are its own and take room in the pool as those of a thin LUN; reads of what it
 * shares with its source take their time at its own addresses (model).
 */
export class CopyLun extends SnapshotLun {
  private presented: { readonly source: SnapshotLun; readonly snapshot: string } | undefined;
  private content: SnapshotContent | SnapshotImage | undefined;

  /** What it is kept in, stamps or bytes; once, when it is built. */
  keepIn(content: SnapshotContent | SnapshotImage): void {
    assert(this.content === undefined, `${this.name} is kept in something already`);
    this.content = content;
  }

  get isPresented(): boolean {
    return this.presented !== undefined;
  }

  presents(source: SnapshotLun, snapshot: string): boolean {
    return this.presented?.source === source && this.presented.snapshot === snapshot;
  }

  /** @throws InputError when it presents one already, or the LUN has no such snapshot */
  present(source: SnapshotLun, snapshot: string, why: string): void {
    if (this.presented !== undefined) {
      const what = `presents snapshot ${this.presented.snapshot} already`;
      throw InputError.of(`LUN ${this.name}`, what, 'name another LUN that copies it');
    }
    source.requireSnapshot(snapshot);
    this.presented = { source, snapshot };
    this.presentIn(source, snapshot);
    source.onSnapshotLost((name) => {
      if (name === snapshot) this.setLost(true, `snapshot ${name} of ${source.name} was lost`);
    });
    const what = `presents snapshot ${snapshot} of ${source.name}`;
    this.sim.log.note('lun.presented', this.name, what, why);
  }

  private presentIn(source: SnapshotLun, snapshot: string): void {
    const { content } = this;
    if (content instanceof SnapshotImage) {
      content.present((lba, blocks, into) => {
        if (this.lost) into.fill(0);
        else source.readSnapshot(snapshot, lba, blocks, into);
      });
    } else content?.present((lba) => (this.lost ? 0 : source.snapshotStampAt(snapshot, lba)));
  }
}
