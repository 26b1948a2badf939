/**
 * vmtop as a library: load or write a scenario, run it, read what happened.
 *
 *   import { loadScenario, Simulation } from 'vmtop';
 *   const simulation = new Simulation(loadScenario('default'));
 *   simulation.runUntil(10e9);
 *   console.log(simulation.totals(), simulation.digest());
 */
export { FormatError, formatProblem, InputError, type Problem } from './engine/core/errors.js';
export type { LogEntry } from './engine/core/event-log.js';
export { quantile } from './engine/core/histogram.js';
export type { EntityInfo, Sample } from './engine/core/meters.js';
export { formatDuration, formatSize, parseDuration, parseSize } from './engine/core/units.js';
export { checkDisk, type DiskReport } from './engine/formats/vmdk/check/check.js';
export { compareDisks, copyDisk } from './engine/formats/vmdk/copy.js';
export { createDisk, filesOf } from './engine/formats/vmdk/create.js';
export { Descriptor } from './engine/formats/vmdk/descriptor.js';
export { openDisk } from './engine/formats/vmdk/disk.js';
export { formatByName } from './engine/formats/vmdk/formats.js';
export type { Codec, DiskFolder, FileMedium } from './engine/formats/vmdk/medium.js';
export { type CheckReport, checkVolume } from './engine/formats/vmfs/check/check.js';
export { type FormatOptions, formatVolume } from './engine/formats/vmfs/format.js';
export { VMFS3, VMFS5, VMFS6 } from './engine/formats/vmfs/generation.js';
export type { Access, Answer, Steps } from './engine/formats/vmfs/hosts/access.js';
export { ClusterHost, type MountOptions } from './engine/formats/vmfs/hosts/cluster-host.js';
export type { BlockMedium } from './engine/formats/vmfs/medium.js';
export { type OpenOptions, Volume } from './engine/formats/vmfs/volume.js';
export type { Command } from './engine/simulation/commands.js';
export type { LayerName, LayerSummary } from './engine/simulation/layer-summary.js';
export type * from './engine/simulation/plan.js';
export { Simulation } from './engine/simulation/simulation.js';
export { FileImage } from './input/image/file-image.js';
export { MemoryImage } from './input/image/memory-image.js';
export { type Recording, readBatch } from './input/read-batch.js';
export { readTrace, type Trace } from './input/read-trace.js';
export { type BatchRunOptions, batchLines } from './output/batch.js';
export { type RunDocument, runDocument } from './output/document.js';
export type { ExpectationResult } from './output/expectations.js';
export { type RunOptions, type RunResult, runToEnd } from './output/run.js';
export { formatSummary } from './output/summary.js';
export { bundledScenarios } from './scenario/bundled.js';
export { CATALOGUES, type Catalogues } from './scenario/catalogues.js';
export { type LoadOptions, loadScenario, parseScenario, planScenario } from './scenario/load.js';
export { planReplay, type ReplayOptions } from './scenario/replay.js';
