/** The virtual machine as its guests see it: while it is stunned no guest instruction runs. */
export interface GuestMachine {
  readonly name: string;
  readonly stunned: boolean;
  /** Calls `listener` each time the machine runs again. */
  onResume(listener: () => void): void;
}
