import { z } from "zod";
import { sharedStandingForm } from "./cache.schema.ts";

/** 200 of `GET /healthz`: the process answers. */
export const healthForm = z.object({ status: z.literal("ok") }).meta({ id: "Health", description: "It is alive." });

/** See {@link healthForm}. */
export type HealthForm = z.infer<typeof healthForm>;

/** `GET /readyz`: 200 while it takes calls, 503 otherwise. It depends on no vendor, and on no Redis: without one, reads go on. */
export const readinessForm = z
  .object({
    status: z.enum(["ready", "starting", "draining"]),
    redis: sharedStandingForm
      .exactOptional()
      .describe(
        "How the Redis stands that servers share what they keep by, where there is one. Calls are taken without it too.",
      ),
  })
  .meta({ id: "Readiness", description: "Whether it takes calls." });

/** See {@link readinessForm}. */
export type ReadinessForm = z.infer<typeof readinessForm>;
