import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What is measured, and the peer beside it: modules of one installed project. */
export interface Subjects {
  /** The file URL of a module as the project has it, for other processes to load; AWS's SDK is the provider's own. */
  resolve(name: string): string;
  readonly core: typeof import("@cloudlink/core");
  readonly nexus: typeof import("@cloudlink/nexus");
  readonly aws: typeof import("@cloudlink/provider-aws");
  readonly sdk: typeof import("@aws-sdk/client-ec2");
}

/** Loads the subjects as a project in `directory` would. */
export async function loadSubjects(directory: string): Promise<Subjects> {
  const fromProject = createRequire(join(directory, "package.json"));
  const fromProvider = createRequire(fromProject.resolve("@cloudlink/provider-aws"));
  const resolve = (name: string) =>
    pathToFileURL((name.startsWith("@cloudlink/") ? fromProject : fromProvider).resolve(name)).href;
  const load = async (name: string): Promise<unknown> => await import(resolve(name));
  return {
    resolve,
    core: (await load("@cloudlink/core")) as Subjects["core"],
    nexus: (await load("@cloudlink/nexus")) as Subjects["nexus"],
    aws: (await load("@cloudlink/provider-aws")) as Subjects["aws"],
    sdk: (await load("@aws-sdk/client-ec2")) as Subjects["sdk"],
  };
}
