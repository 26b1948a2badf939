import type { Core } from '../core.js';
import { type SystemFile, systemDescriptor } from '../open-resources.js';
import type { FindingKind, Findings } from './findings.js';

/**
 * Fields of the file system descriptor that repeat what other structures say (reference, section 5). Those
 * behind the sub-block size have one source and have been seen on VMFS 6 only, and a field that was never
 * written proves nothing: such findings are warnings.
 */
export function checkSuperblock(core: Core, findings: Findings): void {
  const { repeated, fsMinor } = core.superblock;
  const { product, unitBytes } = core.generation;
  const place = `${core.name}, version ${product}.${fsMinor}`;
  const compare = (
    kind: FindingKind,
    what: string,
    found: number,
    good: readonly number[],
  ): void => {
    if (good.includes(found)) return;
    findings.add(kind, place, `${what} ${found}, expected ${good.join(' or ')}`);
  };
  const expect = (what: string, found: number, ...good: readonly number[]): void =>
    compare(found === 0 ? 'unfamiliar' : 'superblock', what, found, good);
  const hint = (what: string, found: number, good: number): void =>
    compare('unfamiliar', what, found, [good]);
  const addressOf = (name: SystemFile): number => systemDescriptor(core, name)?.at ?? 0;
  expect('sectors of', repeated.sectorBytes, 512, 4096);
  const files = core.resources.files?.layout;
  if (files !== undefined) {
    expect('descriptors from byte', repeated.clusterGroupAt, files.groupAt);
    expect(
      'clusters in a group of descriptors:',
      repeated.clustersPerGroup,
      files.clustersPerGroup,
    );
  }
  if (product !== 6) return;
  hint('.pb2.sf at', repeated.secondaryAt, addressOf('.pb2.sf'));
  hint('.sdd.sf at', repeated.hiddenAt, addressOf('.sdd.sf'));
  hint('metadata in units of', repeated.unitBytes, unitBytes);
}
