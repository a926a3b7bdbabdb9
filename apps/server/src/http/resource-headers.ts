/** What of a request every answer about resources depends on, failures too. */
const VARY = "accept, traceparent";

/**
 * The headers of every answer that has to do with resources: whose it is and how fresh depends on who asks, so that nothing between may keep it for
 * others, or give it again unasked.
 */
export const resourceHeaders: Readonly<Record<string, string>> = { vary: VARY, "cache-control": "private, no-cache" };

/** The headers of every failure: it is of one moment, and no cache's. */
export const failureHeaders: Readonly<Record<string, string>> = { vary: VARY, "cache-control": "no-store" };
