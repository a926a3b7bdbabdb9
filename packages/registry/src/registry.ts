import type { Context, Provider, ProviderDirectory } from "@cloudlink/core";

/** What {@link Registry.load} takes. */
export interface LoadRequest {
  /** The folder that holds the plugin's plugin.yaml. It may be a link; what is in it may not lead out of it. */
  readonly folder: string;
  /** Settings of the provider. Each replaces the one of the same name in plugin.yaml. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * The providers of a program, which are its own: whoever makes a registry closes it, and a kernel that was given one closes none of them.
 * Several names, several versions of each, side by side. It is the `ProviderDirectory` that a
 * kernel asks on every call.
 *
 * Invariants: `current` and `list` are answered from memory; a call of `add`, `load` or `route` that throws has changed nothing;
 * two versions that differ in build metadata alone are the same version.
 */
export interface Registry extends ProviderDirectory {
  /**
   * The provider of that name that calls go to now: the highest stable version, or the one that {@link Registry.route} chose;
   * `undefined` if there is none. A prerelease is routed to only if `route` asks for it.
   */
  current(name: string): Provider | undefined;
  /** Every provider that calls are routed to, one a name, in the order in which the names came. */
  list(): readonly Provider[];
  /** Every registered version of a name, from the highest down; of every name if left out. */
  versions(name?: string): readonly Provider[];
  /**
   * Registers a provider that runs in this process.
   *
   * @throws `already_exists` (`ErrProviderExists`) for a version that is registered; `failed_precondition`
   *   (`ErrUnsupportedContract`) for a contract version that is not spoken here, with both sides' versions; `internal`
   *   (`ErrProviderFault`) for one without a name, a semantic version or a method that it declares, with a template of ids that does not
   *   compile, or with views, filters, actions or a limit's operations that are nowhere; the message has all that is wrong.
   */
  add(provider: Provider): void;
  /**
   * Registers the provider of a folder with a plugin.yaml, and gives it back. A plugin that is a module runs **in this process,
   * with its rights**: load what you trust. Node keeps a module for the life of a process: to load changed code, use another folder.
   *
   * What the plugin.yaml says is checked before any of the plugin's code runs, and what the code says must then agree with it.
   *
   * @throws `invalid_argument` (`ErrInvalidSettings`) for a plugin.yaml that is not there or not valid, with line and column, for an
   *   entry that is not there or leads out of the folder, or for settings that the plugin refuses; `already_exists`
   *   (`ErrProviderExists`); `failed_precondition` for a contract that is not spoken here (`ErrUnsupportedContract`) or code that
   *   differs from its plugin.yaml (`ErrPluginMismatch`); `unimplemented` for a runtime other than `module`; `internal`
   *   (`ErrProviderFault`) for a module that fails; `canceled`, `deadline_exceeded`.
   */
  load(ctx: Context, request: LoadRequest): Promise<Provider>;
  /**
   * The highest version that fits: `aws` for the highest stable one, `aws@^1.2` for one in a range. Ranges and prereleases
   * are npm's (https://docs.npmjs.com/cli/v11/using-npm/semver): a prerelease is in a range only if the range names one of
   * the same three numbers.
   *
   * @throws `invalid_argument`: `ErrInvalidRequest` for what is neither, `ErrUnknownProvider` where nothing fits; the message says
   *   which versions there are, why each does not fit, and what to do.
   */
  resolve(spec: string): Provider;
  /**
   * From now on, routes calls of `name` to the highest version in `range`, including versions that are added later; an exact version
   * pins it. Without a range, back to the highest stable version. Calls that run stay where they are.
   *
   * @returns what is routed to now. @throws as {@link Registry.resolve}.
   */
  route(name: string, range?: string): Provider;
  /**
   * Closes every version of every provider, once and all at once, also those that calls are not routed to and even if one fails. It waits
   * 10 seconds for each at most: a provider that has not ended its connections by then is left to itself. Nothing is routed to from then on, and what else is asked of the registry is
   * refused as `failed_precondition` (`ErrRegistryClosed`). Calling it again gives the same promise.
   *
   * @throws `internal` (`ErrProviderFault`) that names the providers which failed to close, or did not within that time.
   */
  close(): Promise<void>;
}
