import type { Core } from '../core.js';
import { type SystemFile, systemDescriptor } from '../open-resources.js';
import type { Findings } from './findings.js';

/**
 * Fields of the file system descriptor that repeat what other structures say (reference, section 5); those
 * behind the sub-block size have been seen on VMFS 6 only.
 */
export function checkSuperblock(core: Core, findings: Findings): void {
  const { repeated, fsMinor } = core.superblock;
  const { product, unitBytes } = core.generation;
  const expect = (what: string, found: number, ...good: readonly number[]): void => {
    if (good.includes(found)) return;
    const detail = `${what} ${found}, expected ${good.join(' or ')}`;
    findings.add('superblock', `${core.name}, version ${product}.${fsMinor}`, detail);
  };
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
  expect('.pb2.sf at', repeated.secondaryAt, addressOf('.pb2.sf'));
  expect('.sdd.sf at', repeated.hiddenAt, addressOf('.sdd.sf'));
  expect('metadata in units of', repeated.unitBytes, unitBytes);
}
