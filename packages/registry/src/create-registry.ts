import { type Clock, CloudLinkError, type Context, isProviderName, type Provider, systemClock } from "@cloudlink/core";
import { nearestWord } from "@cloudlink/yaml";
import semver from "semver";
import { type CheckedProvider, checkProvider } from "./check-provider.ts";
import { CLOSE_TIMEOUT_MS, closeProvider } from "./close-provider.ts";
import { closeRefused, loadPlugin } from "./load-plugin.ts";
import type { PluginManifest } from "./manifest/plugin-manifest.ts";
import { type ProviderSpec, parseProviderSpec, parseRange } from "./provider-spec.ts";
import { ProviderVersions } from "./provider-versions.ts";
import type { LoadRequest, Registry } from "./registry.ts";
import { invalidRequest, providerFault } from "./registry-error.ts";

/** What {@link createRegistry} takes. */
export interface RegistrySettings {
  /** Providers to begin with, as by `add`. From then on they are the registry's: `close` closes them. */
  readonly providers?: readonly Provider[];
  /** What bounds `close`. Left out, the system's. */
  readonly clock?: Clock;
}

/**
 * Makes a registry.
 *
 * @throws as {@link Registry.add}.
 */
export function createRegistry(settings: RegistrySettings = {}): Registry {
  const registry = new ProviderRegistry(settings.clock ?? systemClock);
  for (const provider of settings.providers ?? []) registry.add(provider);
  return registry;
}

class ProviderRegistry implements Registry {
  readonly #names = new Map<string, ProviderVersions>();
  /** Kept, because it is asked often and changes seldom. */
  #routed: readonly Provider[] = [];
  #closing: Promise<void> | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  current(name: string): Provider | undefined {
    return this.#names.get(name)?.current;
  }

  list(): readonly Provider[] {
    return this.#routed;
  }

  versions(name?: string): readonly Provider[] {
    if (name !== undefined) return this.#names.get(name)?.providers ?? [];
    return [...this.#names.values()].flatMap(({ providers }) => providers);
  }

  add(provider: Provider): void {
    this.#throwIfClosed();
    this.#register(checkProvider(provider));
  }

  async load(ctx: Context, request: LoadRequest): Promise<Provider> {
    try {
      this.#throwIfClosed();
      const checked = await loadPlugin(ctx, {
        folder: request.folder,
        settings: request.settings ?? {},
        admit: (manifest) => this.#throwIfTaken(manifest),
      });
      // Meanwhile the registry may have been closed, or another load may have brought the same version.
      await this.#registerOrClose(ctx, checked);
      return checked.provider;
    } catch (error) {
      const known = CloudLinkError.from(error, {
        reason: "ErrUnexpected",
        message: "The plugin could not be loaded.",
        origin: "kernel",
      });
      throw known.with({ operation: "load", ...(ctx.trace !== undefined && { traceId: ctx.trace.traceId }) });
    }
  }

  resolve(spec: string): Provider {
    this.#throwIfClosed();
    return this.#choose(parseProviderSpec(spec), (versions, { range }) => versions.choose(range));
  }

  route(name: string, range?: string): Provider {
    this.#throwIfClosed();
    if (!isProviderName(name)) throw invalidRequest("route() takes a provider's name, and a range beside it.");
    const spec = { name, range: parseRange(range) };
    const provider = this.#choose(spec, (versions) => versions.route(spec.range));
    this.#listAgain();
    return provider;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const providers = this.versions();
    this.#names.clear();
    this.#listAgain();
    const outcomes = await Promise.allSettled(providers.map((provider) => closeProvider(provider, this.#clock)));
    const failures = providers.flatMap(({ metadata }, index) => {
      const outcome = outcomes[index];
      return outcome?.status === "rejected" ? [{ metadata, cause: outcome.reason as unknown }] : [];
    });
    if (failures.length === 0) return;
    const names = failures.map(({ metadata, cause }) => {
      const late = CloudLinkError.isInstance(cause) && cause.code === "deadline_exceeded";
      return `${metadata.name}@${metadata.version}${late ? ` (not within ${CLOSE_TIMEOUT_MS / 1_000} s)` : ""}`;
    });
    throw providerFault({
      message: `These providers failed to close: ${names.join(", ")}. The others are closed.`,
      cause: new AggregateError(failures.map(({ cause }) => cause)),
    });
  }

  async #registerOrClose(ctx: Context, checked: CheckedProvider): Promise<void> {
    try {
      this.#throwIfClosed();
      this.#register(checked);
    } catch (error) {
      await closeRefused(ctx, checked.provider);
      throw error;
    }
  }

  #register({ name, version, provider }: CheckedProvider): void {
    const versions = this.#names.get(name) ?? new ProviderVersions(name);
    versions.add(version, provider);
    this.#names.set(name, versions);
    this.#listAgain();
  }

  #throwIfTaken({ name, version }: PluginManifest): void {
    this.#names.get(name)?.throwIfTaken(new semver.SemVer(version));
  }

  #choose(spec: ProviderSpec, choose: (versions: ProviderVersions, spec: ProviderSpec) => Provider): Provider {
    const versions = this.#names.get(spec.name);
    if (versions === undefined) throw this.#unknownName(spec.name);
    return choose(versions, spec);
  }

  #unknownName(name: string): CloudLinkError {
    const names = [...this.#names.keys()];
    const meant = nearestWord(name, names);
    const there = names.length === 0 ? "None is registered" : `Registered are ${names.join(", ")}`;
    return new CloudLinkError({
      reason: "ErrUnknownProvider",
      message: `No provider "${name}" is registered. ${meant === undefined ? "" : `Did you mean "${meant}"? `}${there}. Register it with add() or load().`,
      origin: "caller",
      provider: name,
    });
  }

  #listAgain(): void {
    this.#routed = Object.freeze([...this.#names.values()].flatMap(({ current }) => current ?? []));
  }

  #throwIfClosed(): void {
    if (this.#closing === undefined) return;
    throw new CloudLinkError({
      code: "failed_precondition",
      reason: "ErrRegistryClosed",
      message: "The registry is closed. Make another with createRegistry().",
      origin: "caller",
    });
  }
}
