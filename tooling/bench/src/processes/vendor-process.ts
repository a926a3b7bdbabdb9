import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { typicalMachine } from "../typical-machine.ts";
import { parentOf } from "./start-process.ts";

export interface VendorSettings {
  /** How long it takes for an answer. */
  readonly takesMs: number;
}

/** What a vendor says: where it is; then each request, when it comes, and from which process. */
export type VendorSaid = { readonly port: number } | { readonly asked: string; readonly by: number };

/** A vendor in a process of its own, that takes its time: `GET /REGION/ID,ID…` gives those machines as JSON. */
const { settings, say } = await parentOf<VendorSettings, never>();
const server = createServer((request, response) => {
  const [, region = "", ids = ""] = (request.url ?? "").split("/");
  say({ asked: ids, by: Number(request.headers["x-process"]) });
  const body = JSON.stringify(ids.split(",").map((id) => typicalMachine({ id, region })));
  setTimeout(() => response.end(body), settings.takesMs);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
say({ port: (server.address() as AddressInfo).port });
