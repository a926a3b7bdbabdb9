import { z } from "zod";

/** Of a route that has no query: any parameter is one that is not known. */
export const noQuery = z.strictObject({});
