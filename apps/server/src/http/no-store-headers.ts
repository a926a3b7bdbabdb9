/** What of a request every answer about resources depends on, failures too. */
const VARY = "accept, traceparent";

/**
 * The headers of every answer that has to do with resources, and of every failure, unless its route knows better: whose it is and how fresh
 * depends on who asks, and there is no validator by which a cache could ask whether it still holds (RFC 9111, 5.2.2.5).
 */
export const noStoreHeaders: Readonly<Record<string, string>> = { vary: VARY, "cache-control": "no-store" };
