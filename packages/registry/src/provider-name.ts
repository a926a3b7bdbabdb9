/** The form that the first part of a ref has in `@cloudlink/core`. */
export const providerNameForm = /^[a-z][a-z0-9-]{0,62}$/;

/** Whether refs can name a provider `name`. */
export function isProviderName(name: unknown): name is string {
  return typeof name === "string" && providerNameForm.test(name);
}
