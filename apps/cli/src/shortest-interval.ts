/** How soon a question may follow the one before, in milliseconds, whoever wants it sooner: what is asked has better to do. */
export const SHORTEST_INTERVAL_MS = 250;
