import type { z } from "zod";

/** A response header that is documented. */
export type DocumentedHeader =
  | "age"
  | "allow"
  | "cache-control"
  | "etag"
  | "location"
  | "retry-after"
  | "traceparent"
  | "vary";

/** A response that is no failure. */
export interface DocumentedAnswer {
  readonly description: string;
  readonly headers?: readonly DocumentedHeader[];
  /** What is sent, by media type; of a stream, a line. Nothing if left out. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
}

/** What the OpenAPI document says of a route beside the schemas that requests are held against. It stands at the route, as `config.document`. */
export interface RouteDocument {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: "resources" | "actions" | "cache" | "catalog" | "health";
  readonly answers: Readonly<Record<number, DocumentedAnswer>>;
  /** Headers of the request that mean something here. */
  readonly headers?: readonly ("timeout" | "idempotencyKey" | "cacheControl" | "ifNoneMatch")[];
  /** Whether the kernel is called: its errors are among the failures then. */
  readonly callsKernel: boolean;
}

declare module "fastify" {
  interface FastifyContextConfig {
    document?: RouteDocument;
    /** Whether it is answered while the server drains, and to whatever page asks. */
    isOpen?: boolean;
  }
}

/** The headers of an answer that has to do with resources, and of every failure. */
export const resourceHeaders: readonly DocumentedHeader[] = ["cache-control", "vary"];
