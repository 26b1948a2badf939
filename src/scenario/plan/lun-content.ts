import { resolve } from 'node:path';
import type { LunPlan } from '../../engine/plan/plan.js';
import type { ArrayText } from '../schema.js';
import type { Path } from '../source.js';
import type { Context } from './context.js';

/** What LUNs keep of what is written to them; those in files have one each. */
export class LunContents {
  /** Name of the LUN each file belongs to, by its full path. */
  private readonly owners = new Map<string, string>();

  constructor(private readonly context: Context) {}

  /** @param path of the LUN in the scenario; @param lun its name, `array/lun` */
  plan({ content }: ArrayText['luns'][number], lun: string, path: Path): Pick<LunPlan, 'content'> {
    if (content === undefined || content.keep === 'none') return {};
    const { keep, file = `${lun.replace('/', '-')}.img`, ifExists } = content;
    if (keep !== 'file') {
      if (content.file === undefined) return { content: keep };
      this.context.report(
        [...path, 'content'],
        `"keep: ${keep}" has no file`,
        'remove one of them',
      );
      return {};
    }
    const place = resolve(file);
    const owner = this.owners.get(place);
    if (owner !== undefined) {
      const hint = 'leave "file" out: each LUN gets one by its name';
      this.context.report([...path, 'content'], `${file} is the file of ${owner} already`, hint);
    }
    this.owners.set(place, lun);
    return { content: { file, ifExists } };
  }
}
