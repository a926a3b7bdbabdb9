import type { FastifyReply } from "fastify";

/**
 * The headers of every answer that has to do with resources: whose it is and how fresh depends on who asks, so that nothing between may keep it for
 * others, or give it again unasked.
 */
export function setResourceHeaders(reply: FastifyReply): FastifyReply {
  return reply.header("vary", "accept, traceparent").header("cache-control", "private, no-cache");
}
