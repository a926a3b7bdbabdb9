import { BlockList, isIP } from "node:net";
import { isProviderName, Secret } from "@cloudlink/core";
import { z } from "zod";
import type { Configuration, ConfiguredAccount, ConfiguredCredentials } from "./configuration.ts";
import { redis } from "./redis.schema.ts";
import { LONGEST_TIMER_MS, name, place, secretText, text, timeMs } from "./scalars.schema.ts";

// Messages of this schema are said of the field in question: `"server.port" <message>`. What it is held against has no references any more.

/** As `createNexus` takes it. Half of that would be enough for HMAC-SHA-256, if every byte were random. */
const SMALLEST_TOKEN_KEY_BYTES = 32;

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

const credentials = z
  .strictObject({
    ambient: z
      .record(text, text)
      .describe(
        "Parameters of the vendor's own way to credentials, such as a profile. The provider documents their names.",
      )
      .exactOptional(),
    keys: z
      .record(text, secretText)
      .describe("Keys, each as { env: NAME } or { file: PATH }. The provider documents their names.")
      .exactOptional(),
  })
  .refine(({ ambient, keys }) => ambient !== undefined || keys !== undefined, "is empty; write ambient or keys")
  .refine(
    ({ ambient, keys }) => ambient === undefined || keys === undefined,
    "has both ambient and keys; write one of them",
  )
  .refine(({ keys }) => keys === undefined || Object.keys(keys).length > 0, { path: ["keys"], error: "is empty" })
  .transform(({ ambient, keys }): ConfiguredCredentials => {
    if (keys === undefined) return { kind: "ambient", parameters: { ...ambient } };
    const revealed = Object.entries(keys).map(([name, secret]) => [name, secret.reveal()] as const);
    return { kind: "keys", keys: new Secret(Object.freeze(Object.fromEntries(revealed))) };
  });

const vendorLimit = z.union([
  z.literal("none"),
  z.strictObject({
    burst: z.number().min(1).describe("The most calls at once."),
    refillPerSecond: z.number().positive().describe("How many more a second."),
  }),
]);

const account = z.strictObject({
  provider: z
    .string()
    .refine(isProviderName, "is not a provider's name")
    .describe("Name of the provider, such as aws."),
  partition: place.describe("Left out, the first of the provider's partitions.").exactOptional(),
  account: name.describe("The vendor's id of the account. In quotes, if it has digits only."),
  name: name.describe("A name for people.").exactOptional(),
  regions: z
    .union([z.literal("*"), z.array(place).min(1)])
    .describe("The regions that may be asked about; * for any, [-] for a vendor without regions."),
  listRegions: z
    .array(place)
    .min(1)
    .describe("The regions that a list looks in when its request names none. Left out, all of regions.")
    .exactOptional(),
  role: name.max(2048).describe("The credential role, part of the scope.").default("default"),
  credentials: credentials
    .describe("How calls to the account are made: ambient or keys. Left out, the vendor's own way.")
    .prefault({ ambient: {} }),
  limits: z
    .record(text, vendorLimit)
    .describe(
      "The vendor's limits for this account, by name, where it raised or lowered them. Left out, as the provider declares them.",
    )
    .exactOptional(),
}) satisfies z.ZodType<ConfiguredAccount>;

const limits = z.strictObject({
  timeoutMs: timeMs.describe("The deadline of a call that has none of its own, in milliseconds.").exactOptional(),
  concurrency: z.int().min(1).describe("How many provider calls of one list or getMany run at once.").exactOptional(),
});

const cache = z.strictObject({
  enabled: z.boolean().describe("Whether anything is kept. If not, every read is live.").default(true),
  maxEntries: z.int().min(1).describe("The most resources and lists that are kept.").exactOptional(),
  maxBytes: z.int().min(1).describe("About the most memory, in bytes, that they take.").exactOptional(),
});

const tokenKey = secretText
  .refine(
    (secret) => Buffer.byteLength(secret.reveal()) >= SMALLEST_TOKEN_KEY_BYTES,
    "has fewer than 32 bytes; make one with: openssl rand -base64 32",
  )
  .transform((secret) => new Secret<Uint8Array>(new TextEncoder().encode(secret.reveal())));

const server = z.strictObject({
  address: z
    .string()
    .refine(
      isLoopback,
      "is not a loopback address; write 127.0.0.1 or ::1. The server has no authentication yet, and everybody who reaches it may use the accounts",
    )
    .describe("A loopback address: 127.0.0.1 or ::1.")
    .default("127.0.0.1"),
  port: z.int().min(0).max(65_535).describe("0 for any that is free.").default(8080),
  tokenKey: tokenKey
    .describe("What tokens are authenticated with: text of 32 bytes or more, the same for every replica.")
    .exactOptional(),
  maxConcurrentCalls: z.int().min(1).describe("How many calls run at once before others are turned away.").default(256),
  maxTimeoutMs: timeMs.describe("The longest deadline that a caller may ask for, in milliseconds.").default(60_000),
  drainMs: z
    .int()
    .min(0)
    .max(LONGEST_TIMER_MS)
    .describe("How long calls that run may go on once the server is told to end, in milliseconds.")
    .default(10_000),
});

export const configurationSchema = z
  .strictObject({
    version: z.literal(1).describe("Version of the file's form."),
    tenant: name.max(256).describe("The tenant that the accounts belong to.").default("default"),
    providers: z
      .record(
        z.string().refine(isProviderName, "is not a provider's name; write it as in refs: aws"),
        z.record(z.string(), z.json()),
      )
      .refine((providers) => Object.keys(providers).length > 0, "is empty; leave it out for all that the program has")
      .describe("The providers and their settings. Left out, all that the program brings. No secrets.")
      .exactOptional(),
    accounts: z
      .array(account)
      .min(1)
      .describe("Left out, the one account that the ambient credentials belong to.")
      .exactOptional(),
    limits: limits.describe("Bounds of every call.").prefault({}),
    cache: cache.describe("What is kept in memory of what was seen, by a program that runs on.").prefault({}),
    redis: redis
      .describe(
        "A Redis that processes share: what was seen, idempotency keys, operations, limits. Left out, nothing is shared.",
      )
      .exactOptional(),
    server: server.describe("How the server runs.").prefault({}),
  })
  .meta({ title: "CloudLink cloudlink.yaml" }) satisfies z.ZodType<Configuration>;
