import type { CacheOptions } from "../command-options.ts";
import { callPlace } from "../connection/call-place.ts";
import { openSession, type Session } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";

/** A session with the server whose cache is meant; its URL names that. @throws `invalid_argument` where no server is named: what this process keeps begins and ends with the command. */
export async function openServerCache(io: ShellIo, options: CacheOptions): Promise<Session> {
  if (callPlace(options, io.env).server === undefined) {
    throw usageError(
      "A command by itself keeps nothing that another could find: name the server whose cache is meant, with --server or CLOUDLINK_SERVER.",
    );
  }
  return await openSession(io, options);
}
