import {
  CloudLinkError,
  CONTRACT_VERSION,
  isProviderName,
  type KindCapabilities,
  type KindHandler,
  type Provider,
  quote,
} from "@cloudlink/core";
import semver, { type SemVer } from "semver";
import { findMisdeclared, findMisdeclaredLimits, nameOfKind } from "./find-misdeclared.ts";
import type { ManifestCapability } from "./manifest/plugin-manifest.ts";
import { providerFault, unsupportedContract } from "./registry-error.ts";

/** A provider that was checked, with what it is registered by. */
export interface CheckedProvider {
  readonly name: string;
  readonly version: SemVer;
  readonly provider: Provider;
}

/** Versions of the provider contract that this package works with. */
const supportedContracts: readonly string[] = [CONTRACT_VERSION];

/** The one of `offered` that is worked with. @throws `failed_precondition` (`ErrUnsupportedContract`) that names what either side speaks. */
export function checkContract(offered: readonly unknown[], who: string): void {
  if (offered.some((version) => typeof version === "string" && supportedContracts.includes(version))) return;
  const theirs = offered.map((version) => (typeof version === "string" ? quote(version) : "none")).join(", ");
  throw unsupportedContract(
    `${who} speaks version ${theirs} of the provider contract; this @cloudlink/registry speaks ${supportedContracts.join(", ")}. Install versions of the two that have one in common.`,
  );
}

/**
 * Checks what the kernel relies on: the contract's version, a name that refs can have, a semantic version, a method for everything
 * that is declared, and nothing declared that the kind does not have. Whether the methods do what they should is the conformance
 * suite's to say.
 *
 * @throws `failed_precondition` (`ErrUnsupportedContract`); `internal` (`ErrProviderFault`) that says what is wrong.
 */
export function checkProvider(value: unknown): CheckedProvider {
  try {
    return check(value);
  } catch (error) {
    // A provider in JavaScript may lack anything; what it lacks is found by its absence.
    throw CloudLinkError.isInstance(error)
      ? error
      : providerFault({ message: "A provider does not have the form of one.", cause: error });
  }
}

function check(value: unknown): CheckedProvider {
  if (typeof value !== "object" || value === null) {
    const hint = typeof value === "function" ? "a function. Call it, and give what it returns" : "none";
    throw providerFault({ message: `A provider was expected, and this is ${hint}.` });
  }
  const provider = value as Provider;
  const name = isProviderName(provider.metadata?.name) ? provider.metadata.name : undefined;
  checkContract([provider.contractVersion], name === undefined ? "The provider" : `The provider "${name}"`);
  if (name === undefined) {
    throw providerFault({
      message:
        "A provider's metadata has no name that refs can have. It starts with a letter and has lower-case letters, digits and hyphens.",
    });
  }
  const version = parseVersion(provider.metadata.version);
  if (version === undefined) {
    throw providerFault({
      message: `The version of the provider "${name}" is not a semantic version. Write three numbers, such as 1.2.3.`,
      provider: name,
    });
  }
  const problems = findUnkept(provider);
  if (problems.length > 0) {
    throw providerFault({
      message: `The provider "${name}" breaks its contract: ${problems.join("; ")}.`,
      provider: name,
    });
  }
  return { name, version, provider };
}

/** The version, or `undefined` for what is not exactly one: `semver.parse` takes `v1.2.3`, and spaces around it, too. */
function parseVersion(text: unknown): SemVer | undefined {
  return typeof text === "string" && /^\d\S*$/.test(text) ? (semver.parse(text) ?? undefined) : undefined;
}

function findUnkept({ metadata, kinds, identify, close }: Provider): readonly string[] {
  const problems: string[] = [];
  if (typeof identify !== "function") problems.push("it has no identify()");
  if (typeof close !== "function") problems.push("it has no close()");
  if (!Array.isArray(metadata.kinds) || !Array.isArray(kinds)) return [...problems, "it has no list of kinds"];
  const seen = new Set<string>();
  for (const declared of metadata.kinds as readonly KindCapabilities[]) {
    const key = nameOfKind(declared);
    if (seen.has(key)) problems.push(`it declares ${key} twice`);
    seen.add(key);
    const handler = (kinds as readonly KindHandler[]).find(
      ({ kind }) => kind.name === declared.kind && kind.major === declared.major,
    );
    if (handler === undefined) {
      problems.push(`it declares ${key} and has no handler for it`);
      continue;
    }
    problems.push(...findMissingMethods(declared, handler).map((method) => `${key} has no ${method}()`));
    problems.push(...findMisdeclared({ provider: metadata.name, declared, kind: handler.kind }));
  }
  return [...problems, ...findMisdeclaredLimits(metadata.limits, metadata.kinds)];
}

function findMissingMethods(declared: KindCapabilities, handler: KindHandler): readonly string[] {
  const actions = Object.values(declared.actions ?? {});
  const needed = [
    ...(declared.get === undefined ? [] : (["get"] as const)),
    ...(declared.getMany === undefined ? [] : (["getMany"] as const)),
    ...(declared.list === undefined ? [] : (["list"] as const)),
    ...(actions.length === 0 ? [] : (["act"] as const)),
    ...(actions.some(({ follow }) => follow !== undefined) ? (["follow"] as const) : []),
  ];
  return needed.filter((method) => typeof handler[method] !== "function");
}

/** What a kind declares, in the words of a plugin.yaml. */
export function declaredCapabilities(declared: KindCapabilities): readonly ManifestCapability[] {
  return [
    ...(declared.get === undefined ? [] : (["get"] as const)),
    ...(declared.getMany === undefined ? [] : (["getMany"] as const)),
    ...(declared.list === undefined ? [] : (["list"] as const)),
    ...(Object.keys(declared.actions ?? {}).length === 0 ? [] : (["actions"] as const)),
  ];
}
