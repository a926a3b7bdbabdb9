import { fileURLToPath } from "node:url";
import { ensureMoto } from "./ensure-moto.ts";
import { type Progress, printProgress } from "./progress.ts";
import { answersHttp, type ServerProcess, startServer } from "./server-process.ts";

const serveScript = fileURLToPath(new URL("../moto/serve.py", import.meta.url));

/** It took 0.4 to 1.8 s where it was tried; a machine that is busy with other tests may need many times that. */
const START_TIMEOUT_MS = 60_000;

export interface MotoSettings {
  readonly progress?: Progress;
  /** A port of 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  readonly startTimeoutMs?: number;
}

/** A running moto: the AWS API, its state in memory, on 127.0.0.1. */
export interface Moto extends ServerProcess {
  /** Forgets everything that was made in it. */
  reset(): Promise<void>;
  /**
   * From now on every request needs keys that IAM knows, a signature made with them, and a policy that allows it; without,
   * moto takes anything from anybody. `false` goes back to that.
   */
  enforceIam(enforced: boolean): Promise<void>;
}

/** Installs moto if need be, and starts it. */
export async function startMoto(settings: MotoSettings = {}): Promise<Moto> {
  const { progress = printProgress, port = 0, startTimeoutMs = START_TIMEOUT_MS } = settings;
  const { python } = await ensureMoto({ progress });
  const server = await startServer({
    name: "moto",
    // -I: nothing of the caller's Python environment gets in; -u: the line with the port is not kept back.
    command: [python, "-I", "-u", serveScript, String(port)],
    endpointIn: (line) => (JSON.parse(line) as { endpoint?: string }).endpoint,
    isReady: answersHttp("/moto-api/data.json"),
    startTimeoutMs,
  });
  const control = async (path: string, body?: string) => {
    const response = await fetch(new URL(path, server.endpoint), {
      method: "POST",
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw new Error(`moto answered ${response.status} to ${path}`);
    await response.arrayBuffer();
  };
  return {
    ...server,
    reset: () => control("/moto-api/reset"),
    // How many requests go unchecked before it begins to check.
    enforceIam: (enforced) => control("/moto-api/reset-auth", enforced ? "0" : "inf"),
  };
}
