/** A way to answer reads, in the time of a simulation. */
export interface Reader {
  /**
   * Begins to answer a read. What it gives, if anything, is done when nothing more happens until time passes: the answer is there, or
   * waits for that.
   */
  read(machine: number, replica: number): Promise<void> | undefined;
  /** Likewise, for what the tasks of an instant have brought about. */
  settled(): Promise<void> | undefined;
  /** Asked when all are answered. @throws Error when its own count of vendor calls is not the vendor's. */
  vendorCalls(): number;
}
