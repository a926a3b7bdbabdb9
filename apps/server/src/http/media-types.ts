import type { FastifyRequest } from "fastify";
import { refused } from "./http-refusal.ts";

/**
 * The one of the offered media types that the client likes best; the first where it does not say.
 *
 * @throws HttpRefusal, 406, when it takes none of them
 */
export function chooseMediaType<Offered extends string>(
  request: FastifyRequest,
  offered: readonly [Offered, ...Offered[]],
): Offered {
  const chosen = request.accepts().type([...offered]);
  const found = offered.find((each) => each === chosen);
  if (found !== undefined) return found;
  throw refused(406, { message: `The answer is ${offered.join(" or ")}, and the header Accept takes neither.` });
}
