import type { TraceFormat } from '../define-trace.js';
import { disksimValidate } from './disksim-validate.js';
import { msrCsv } from './msr-csv.js';
import { vscsi } from './vscsi.js';

/** Every trace format vmtop reads, in the order in which they are tried. */
export const TRACE_FORMATS: readonly TraceFormat[] = [vscsi, msrCsv, disksimValidate];
