export { aws } from "./aws.ts";
export { plugin as default } from "./plugin.ts";
export type { AwsSettings } from "./settings.ts";
