import type { Core } from '../../../../formats/vmfs/core.js';
import { LogicalVolume } from '../../../../formats/vmfs/logical-volume.js';
import { extendLvm, growLvm } from '../../../../formats/vmfs/lvm-change.js';
import type { BlockMedium } from '../../../../formats/vmfs/medium.js';
import type { Uuid } from '../../../../formats/vmfs/uuid.js';
import type { StagedMedia, StagedWrite } from './staged-media.js';

/**
 * A volume whose bytes are kept becomes larger by way of the stack: what the library would write to LVM's
 * records is staged, carried out by the host that asked, and only then the volume is what they say.
 */
export class GrowingBytes {
  private staged: { readonly phases: StagedWrite[][]; readonly isNew: boolean } | undefined;

  constructor(
    private readonly media: StagedMedia,
    private readonly core: Core,
    private readonly uuid: () => Uuid,
  ) {}

  get isGrowing(): boolean {
    return this.staged !== undefined;
  }

  stageGrowth(): StagedWrite[][] {
    return this.stage(false, (volume, seconds) => void growLvm(volume, seconds));
  }

  stageExtension(image: BlockMedium): StagedWrite[][] {
    const view = this.media.add(image);
    try {
      return this.stage(true, (volume, seconds) => {
        extendLvm(volume, [view], [this.uuid()], seconds);
      });
    } catch (error) {
      this.media.removeLast();
      throw error;
    }
  }

  ended(isDone: boolean): void {
    const { staged, media } = this;
    this.staged = undefined;
    if (staged === undefined) return;
    // Written or not, nothing of it is on its way any more.
    media.drop(staged.phases);
    if (isDone) this.core.enlarge(LogicalVolume.open(media.views));
    else if (staged.isNew) media.removeLast();
  }

  private stage(
    isNew: boolean,
    change: (volume: LogicalVolume, seconds: number) => void,
  ): StagedWrite[][] {
    const { media, core } = this;
    const views = isNew ? media.views.slice(0, -1) : media.views;
    const phases = media.stage(() => change(LogicalVolume.open(views), core.seconds));
    this.staged = { phases, isNew };
    return phases;
  }
}
