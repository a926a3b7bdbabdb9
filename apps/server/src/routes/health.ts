import {
  encodeSharedStanding,
  type HealthForm,
  healthForm,
  mediaTypes,
  type ReadinessForm,
  readinessForm,
} from "@cloudlink/client/wire";
import { background, type SharedUse } from "@cloudlink/core";
import type { Nexus } from "@cloudlink/nexus";
import type { App } from "../http/zod-types.ts";
import type { RouteDocument } from "../openapi/route-document.ts";
import { noQuery } from "./no-query.ts";
import type { RouteServices } from "./route-services.ts";

const headers = ["cache-control"] as const;

const alive: RouteDocument = {
  operationId: "isAlive",
  summary: "Whether the process answers.",
  tag: "health",
  callsKernel: false,
  answers: { 200: { description: "It does.", headers, content: { [mediaTypes.json]: healthForm } } },
};

const ready: RouteDocument = {
  operationId: "isReady",
  summary: "Whether the server takes calls. It asks no vendor.",
  description:
    "Where servers share what they keep by a Redis, it says how that stands, too. Whether they take calls does not depend on it.",
  tag: "health",
  callsKernel: false,
  answers: {
    200: { description: "It does.", headers, content: { [mediaTypes.json]: readinessForm } },
    503: { description: "It is about to end.", headers, content: { [mediaTypes.json]: readinessForm } },
  },
};

/**
 * `GET /healthz` and `/readyz`: what they answer depends on no vendor, or one that fails would have every server restarted. No more does it on a Redis,
 * without which reads go on; that one is in trouble is told all the same.
 */
export function addHealth(app: App, services: RouteServices): void {
  const schema = { querystring: noQuery };
  app.get("/healthz", { schema, config: { document: alive, isOpen: true } }, async (_request, reply) => {
    const health: HealthForm = { status: "ok" };
    return reply.header("cache-control", "no-store").send(health);
  });
  app.get("/readyz", { schema, config: { document: ready, isOpen: true } }, async (_request, reply) => {
    const isDraining = services.isDraining();
    const shared = await sharedUse(services.nexus);
    const readiness: ReadinessForm = {
      status: isDraining ? "draining" : "ready",
      ...(shared !== undefined && { redis: encodeSharedStanding(shared) }),
    };
    return reply
      .code(isDraining ? 503 : 200)
      .header("cache-control", "no-store")
      .send(readiness);
  });
}

/** How the level of the cache stands that servers share; `undefined` where there is none. The kernel knows, and asks nobody. */
async function sharedUse(nexus: Nexus): Promise<SharedUse | undefined> {
  try {
    return (await nexus.cacheStats(background(), {})).shared;
  } catch {
    // A kernel that is closed before its server has nothing to say, and the server is still there.
    return undefined;
  }
}
