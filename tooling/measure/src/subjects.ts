import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Modules that not every row needs: a server takes its time to load. */
export interface MoreSubjects {
  readonly "@cloudlink/cache/redis": typeof import("@cloudlink/cache/redis");
  readonly "@cloudlink/client": typeof import("@cloudlink/client");
  readonly "@cloudlink/server": typeof import("@cloudlink/server");
}

/** What is measured, and the peer beside it: modules of one installed project. */
export interface Subjects {
  /** Of the project: another thread or process loads the same from there. */
  readonly directory: string;
  /** A module of the same project that is loaded when it is asked for. */
  load<Name extends keyof MoreSubjects>(name: Name): Promise<MoreSubjects[Name]>;
  /** The file URL of a module as the project has it, for other processes to load; AWS's SDK is the provider's own. */
  resolve(name: string): string;
  readonly core: typeof import("@cloudlink/core");
  readonly cache: typeof import("@cloudlink/cache");
  readonly nexus: typeof import("@cloudlink/nexus");
  readonly aws: typeof import("@cloudlink/provider-aws");
  readonly sdk: typeof import("@aws-sdk/client-ec2");
}

/** Loads the subjects as a project in `directory` would; left out, as the last build of this repository left them. */
export async function loadSubjects(directory: string = import.meta.dirname): Promise<Subjects> {
  const fromProject = createRequire(join(directory, "package.json"));
  const fromProvider = createRequire(fromProject.resolve("@cloudlink/provider-aws"));
  const resolve = (name: string) =>
    pathToFileURL((name.startsWith("@cloudlink/") ? fromProject : fromProvider).resolve(name)).href;
  const load = async (name: string): Promise<unknown> => await import(resolve(name));
  return {
    directory,
    resolve,
    load: async (name) => (await load(name)) as never,
    core: (await load("@cloudlink/core")) as Subjects["core"],
    cache: (await load("@cloudlink/cache")) as Subjects["cache"],
    nexus: (await load("@cloudlink/nexus")) as Subjects["nexus"],
    aws: (await load("@cloudlink/provider-aws")) as Subjects["aws"],
    sdk: (await load("@aws-sdk/client-ec2")) as Subjects["sdk"],
  };
}
