/** Write stamps, bytes in memory, or bytes in a sparse file of the machine vmtop runs on. */
export type ContentPlan = 'stamps' | 'memory' | FileContentPlan;

export interface FileContentPlan {
  readonly file: string;
  /** What becomes of a file that is there already. */
  readonly ifExists: 'fail' | 'open' | 'replace';
}
