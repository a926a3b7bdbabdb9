import { CloudLinkError, type Provider } from "@cloudlink/core";
import semver, { type Range, type SemVer } from "semver";
import { parseRange } from "./provider-spec.ts";

interface RegisteredVersion {
  readonly version: SemVer;
  readonly provider: Provider;
}

/** How many versions the explanation of a failed choice goes through. */
const MOST_EXPLAINED = 10;

/**
 * The registered versions of one provider, and which of them calls are routed to.
 *
 * Invariant: no two have the same precedence; versions that differ in build metadata alone are one version, as npm has it.
 */
export class ProviderVersions {
  readonly #name: string;
  /** From the highest down. */
  readonly #versions: RegisteredVersion[] = [];
  #rule: Range = parseRange(undefined);
  #current: Provider | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** What calls are routed to now: the highest version that the rule of {@link ProviderVersions.route} takes. */
  get current(): Provider | undefined {
    return this.#current;
  }

  /** From the highest version down. */
  get providers(): readonly Provider[] {
    return this.#versions.map(({ provider }) => provider);
  }

  /** @throws `already_exists` (`ErrProviderExists`). */
  add(version: SemVer, provider: Provider): void {
    this.throwIfTaken(version);
    this.#versions.push({ version, provider });
    this.#versions.sort((one, other) => semver.rcompare(one.version, other.version));
    this.#current = this.#highest(this.#rule);
  }

  /** @throws `already_exists` (`ErrProviderExists`). */
  throwIfTaken(version: SemVer): void {
    const same = this.#versions.find((registered) => semver.eq(registered.version, version));
    if (same === undefined) return;
    const build =
      same.version.raw === version.raw
        ? ""
        : ` as ${same.version.raw}: versions that differ in build metadata alone are the same`;
    throw new CloudLinkError({
      code: "already_exists",
      reason: "ErrProviderExists",
      message: `${this.#name}@${version.raw} is registered already${build}. Give the new one another version.`,
      origin: "caller",
      provider: this.#name,
    });
  }

  /** From now on, routes to the highest version in `range`, also when higher ones are added. @throws as {@link ProviderVersions.choose}. */
  route(range: Range): Provider {
    const provider = this.choose(range);
    this.#rule = range;
    this.#current = provider;
    return provider;
  }

  /** The highest version in `range`. @throws `invalid_argument` (`ErrUnknownProvider`) that explains why none fits. */
  choose(range: Range): Provider {
    const provider = this.#highest(range);
    if (provider === undefined) throw this.#noneFits(range);
    return provider;
  }

  #highest(range: Range): Provider | undefined {
    return this.#versions.find(({ version }) => range.test(version))?.provider;
  }

  #noneFits(range: Range): CloudLinkError {
    const wanted = range.raw === "*" ? "* (any stable version)" : range.raw;
    const reasons = this.#versions
      .slice(0, MOST_EXPLAINED)
      .map(({ version }) => `${version.raw} ${whyNot(version, range)}`);
    const more = this.#versions.length - reasons.length;
    if (more > 0) reasons.push(`and ${more} lower ones do not fit either`);
    const near =
      this.#versions.find(({ version }) => isPrereleaseWithin(version, range)) ??
      this.#versions.find(({ version }) => version.prerelease.length === 0) ??
      this.#versions[0];
    return new CloudLinkError({
      reason: "ErrUnknownProvider",
      message:
        `No registered version of "${this.#name}" fits ${wanted}: ${reasons.join("; ")}. ` +
        `Add a version that fits, or ask for one that is there, such as ${this.#name}@${near?.version.raw ?? ""}.`,
      origin: "caller",
      provider: this.#name,
    });
  }
}

function whyNot(version: SemVer, range: Range): string {
  if (semver.minVersion(range) === null) return "is not in it, as no version can be";
  if (isPrereleaseWithin(version, range)) {
    return "is a prerelease, which a range takes only if it names a prerelease of the same three numbers";
  }
  if (semver.gtr(version, range)) return "is too high";
  return semver.ltr(version, range) ? "is too low" : "is left out by it";
}

function isPrereleaseWithin(version: SemVer, range: Range): boolean {
  return version.prerelease.length > 0 && semver.satisfies(version, range, { includePrerelease: true });
}
