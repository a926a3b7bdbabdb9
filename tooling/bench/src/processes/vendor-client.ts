import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import type { VirtualMachineStatus } from "@cloudlink/core";

/** Asks the vendor of `vendor-process.ts` for machines of a region. */
export type AskVendor = (
  asked: { readonly region: string; readonly ids: readonly string[] },
  signal?: AbortSignal,
) => Promise<readonly VirtualMachineStatus[]>;

export function vendorClient(port: number): AskVendor {
  const agent = new Agent({ keepAlive: true });
  const headers = { "x-process": String(process.pid) };
  return async ({ region, ids }, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<VirtualMachineStatus[]>();
    const url = `http://127.0.0.1:${port}/${region}/${ids.join(",")}`;
    request(url, { agent, headers, ...(signal !== undefined && { signal }) }, (response) => {
      text(response).then((body) => resolve(JSON.parse(body)), reject);
    })
      .once("error", reject)
      .end();
    return await promise;
  };
}
