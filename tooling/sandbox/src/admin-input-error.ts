/** Input of the controls that cannot be used; the message says what to send instead. */
export class AdminInputError extends Error {}
