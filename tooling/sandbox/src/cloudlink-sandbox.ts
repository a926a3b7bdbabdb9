import { runCommand } from "./command.ts";

/** `cloudlink-sandbox`: as AWS publishes its limits, so that a client meets them before it meets them there. */
runCommand({ name: "cloudlink-sandbox", limits: "published" });
