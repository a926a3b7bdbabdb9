import type { FastifyInstance } from "fastify";
import { MAX_BODY_BYTES } from "../server-settings.ts";
import { refused } from "./http-refusal.ts";
import { parseJsonBody } from "./json-body.ts";

/** Of what is read here there is one encoding. */
const charsetForm = /;\s*charset\s*=\s*"?([^";\s]+)"?/i;

/** Reads bodies of JSON, and of nothing else: Fastify answers 415 to what has no parser. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES },
    async ({ headers }: { headers: NodeJS.Dict<string | string[]> }, body: Buffer) => {
      const charset = charsetForm.exec(String(headers["content-type"]))?.[1]?.toLowerCase();
      if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
        throw refused(415, { message: "The body is read as UTF-8. Send it so, and leave out charset." });
      }
      if (headers["content-encoding"] !== undefined && headers["content-encoding"] !== "identity") {
        throw refused(415, {
          message: "The body is not to be compressed.",
          headers: { "accept-encoding": "identity" },
        });
      }
      return parseJsonBody(body);
    },
  );
}
