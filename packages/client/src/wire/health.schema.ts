import { z } from "zod";

/** 200 of `GET /healthz`: the process answers. */
export const healthForm = z.object({ status: z.literal("ok") }).meta({ id: "Health", description: "It is alive." });

/** See {@link healthForm}. */
export type HealthForm = z.infer<typeof healthForm>;

/** `GET /readyz`: 200 while it takes calls, 503 otherwise. It depends on no vendor. */
export const readinessForm = z
  .object({ status: z.enum(["ready", "starting", "draining"]) })
  .meta({ id: "Readiness", description: "Whether it takes calls." });

/** See {@link readinessForm}. */
export type ReadinessForm = z.infer<typeof readinessForm>;
