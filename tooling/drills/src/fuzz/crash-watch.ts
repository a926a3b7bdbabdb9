/** What would have ended the process, or did go unheard, while it is watched for. */
export interface CrashWatch extends Disposable {
  /** What has come since the last look. */
  crashes(): readonly unknown[];
}

/**
 * Takes every exception that nobody caught and every rejection that nobody heard, in place of the process's end. The callback comes
 * before the listeners of whatever else runs here, a test runner's say, which hears nothing of them.
 */
export function watchCrashes(): CrashWatch {
  let found: unknown[] = [];
  const take = (reason: unknown) => void found.push(reason);
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", take);
  process.setUncaughtExceptionCaptureCallback(take);
  return {
    crashes() {
      const since = found;
      found = [];
      return since;
    },
    [Symbol.dispose]() {
      process.setUncaughtExceptionCaptureCallback(null);
      process.off("unhandledRejection", take);
      for (const listener of others) process.on("unhandledRejection", listener);
    },
  };
}
