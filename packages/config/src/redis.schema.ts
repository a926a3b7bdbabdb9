import { Secret } from "@cloudlink/core";
import { z } from "zod";
import type { ConfiguredRedis } from "./configuration.ts";
import { name, secretText, timeMs } from "./scalars.schema.ts";

// As of the other parts, messages are said of the field: `"redis.url" <message>`.

/** An address as it may stand in the file, for editors: without a password. */
const openAddressPattern = "^rediss?://(?:[^:@/?#]*@)?[^@/?#]+(?:/[0-9]*)?$";

const schemeForm = /^rediss?:$/;

/** As Redis counts databases, and so that the number is one. */
const databaseForm = /^\/?\d{0,9}$/;

function isPlain(address: Secret): boolean {
  return URL.parse(address.reveal())?.protocol === "redis:";
}

/** It may have a password in it, where it is not written in the file, and so it is always in a Secret. */
const url = z
  .custom<Secret>((value) => value instanceof Secret)
  .refine((secret) => {
    const parsed = URL.parse(secret.reveal());
    return parsed !== null && schemeForm.test(parsed.protocol) && parsed.hostname !== "";
  }, "is not the address of a Redis; write redis://host:port, or rediss://host:port for TLS")
  .refine((secret) => {
    const { pathname, search, hash } = URL.parse(secret.reveal()) ?? { pathname: "", search: "", hash: "" };
    return databaseForm.test(pathname) && search === "" && hash === "";
  }, "has more after the port than the number of a database; write the rest under names of its own")
  .meta({ type: "string", pattern: openAddressPattern });

const host = z
  .string()
  .regex(/^[^\s/@[\]{}]+$/, "is not the name or address of a host")
  .describe("Name or address, an IPv6 one without brackets.");

const addresses = (usualPort: number) =>
  z
    .array(
      z.strictObject({ host, port: z.int().min(1).max(65_535).describe(`Left out, ${usualPort}.`).exactOptional() }),
    )
    .min(1);

const pem = z
  .string()
  .refine((value) => value.includes("-----BEGIN "), "is not in PEM, which begins with -----BEGIN")
  .meta({ pattern: "-----BEGIN " });

const tls = z
  .strictObject({
    ca: pem.describe("The authorities to trust in place of those that Node knows, in PEM.").exactOptional(),
    cert: pem.describe("This side's certificate in PEM, with its key, where the server wants one.").exactOptional(),
    key: secretText.describe("The key of cert in PEM, as { env: NAME } or { file: PATH }.").exactOptional(),
    servername: name.describe("The name in the server's certificate, where that is not the host's.").exactOptional(),
  })
  .refine(
    ({ cert, key }) => (cert === undefined) === (key === undefined),
    "has one of cert and key; write both, or neither",
  );

const sentinel = z.strictObject({
  nodes: addresses(26_379).describe("The sentinels."),
  masterName: name.describe("The name that they watch the master by."),
  username: name.describe("A user of theirs.").exactOptional(),
  password: secretText.describe("A password of theirs, as { env: NAME } or { file: PATH }.").exactOptional(),
});

const ways = ["url", "sentinel", "cluster"] as const;

export const redis = z
  .strictObject({
    url: url
      .describe(
        "Of one server: redis://host:port/database, or rediss: for TLS. With a password in it, { env: NAME } or { file: PATH }.",
      )
      .exactOptional(),
    sentinel: sentinel.describe("Whichever server is the master, by Sentinel's word.").exactOptional(),
    cluster: addresses(6_379).describe("Some nodes of a Redis Cluster.").exactOptional(),
    username: name.describe("Left out, Redis's default user.").exactOptional(),
    password: secretText.describe("As { env: NAME } or { file: PATH }.").exactOptional(),
    db: z.int().min(0).describe("Number of the database; a Cluster has one.").exactOptional(),
    tls: tls
      .describe(
        "How TLS is spoken. With url, only beside rediss: alone; otherwise its presence, even of {}, is what asks for TLS.",
      )
      .exactOptional(),
    connectTimeoutMs: timeMs.describe("How long a connection may take to be made, in milliseconds.").exactOptional(),
    prefix: z
      .string()
      .regex(/^[\w.:-]{1,64}$/, "has letters, digits and . _ : - alone, 64 at the most")
      .describe("What keys and channels begin with: who shares it shares everything. Left out, cloudlink.")
      .exactOptional(),
    keepMs: timeMs
      .describe("How long what was seen is kept there, in milliseconds. Left out, 600,000.")
      .exactOptional(),
    patienceMs: timeMs
      .describe("How long a read waits for it, in milliseconds, before it does without. Left out, 40.")
      .exactOptional(),
  })
  .superRefine((value, context) => {
    const given = ways.filter((way) => value[way] !== undefined);
    const say = (message: string, path: PropertyKey[] = []) => context.addIssue({ code: "custom", message, path });
    if (given.length === 0) say("says nowhere to connect to; write url, sentinel or cluster");
    if (given.length > 1) say(`has ${given.join(" and ")}; write one of them`);
    if (value.cluster !== undefined && value.db !== undefined)
      say("is for no cluster: a Cluster has one database", ["db"]);
    if (value.tls !== undefined && value.url !== undefined && isPlain(value.url)) {
      say("is for an address that begins with rediss://", ["tls"]);
    }
  })
  .transform(({ url, sentinel, cluster, db, ...access }): ConfiguredRedis => {
    const database = db !== undefined && { db };
    if (cluster !== undefined) return { ...access, cluster };
    if (sentinel === undefined) return { ...access, ...database, url: url ?? new Secret("") };
    const { nodes, masterName, username, password } = sentinel;
    return {
      ...{ ...access, ...database, sentinels: nodes, masterName },
      ...(username !== undefined && { sentinelUsername: username }),
      ...(password !== undefined && { sentinelPassword: password }),
    };
  });
