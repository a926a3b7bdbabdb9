import { CloudLinkError } from "@cloudlink/core";
import { expect, test } from "vitest";
import type { ConnectionOptions } from "../command-options.ts";
import { callPlace } from "./call-place.ts";

const server = "http://127.0.0.1:8080";
const config = "/etc/cloudlink.yaml";
const both = { CLOUDLINK_SERVER: "http://elsewhere", CLOUDLINK_CONFIG: "/elsewhere" };

test.each<[ConnectionOptions, Record<string, string>, object]>([
  [{}, {}, {}],
  [{ server }, {}, { server }],
  [{ config }, {}, { config }],
  [{}, { CLOUDLINK_SERVER: server }, { server }],
  [{}, { CLOUDLINK_CONFIG: config }, { config }],
  [{}, { CLOUDLINK_SERVER: "", CLOUDLINK_CONFIG: "" }, {}],
  [{ server }, both, { server }],
  [{ config }, both, { config }],
  [{ profile: ["a"] }, {}, {}],
  [{ server, account: ["1"], region: ["r"], timeout: 1 }, {}, { server }],
])("%j with %j in the environment leads to %j", (options, env, place) => {
  expect(callPlace(options, env)).toEqual(place);
});

test.each<[ConnectionOptions, Record<string, string>, readonly string[]]>([
  [{ server, config }, {}, ["--server", "--config"]],
  [{}, both, ["CLOUDLINK_SERVER", "CLOUDLINK_CONFIG"]],
  [{ server, profile: ["a"] }, {}, ["--profile", "--server"]],
  [{ server, roleArn: "r" }, {}, ["--role-arn", "--server"]],
  [{ server, endpoint: "http://e" }, {}, ["--endpoint", "--server"]],
  [{ server, externalId: "x" }, {}, ["--external-id", "--server"]],
  [{ config, profile: ["a"] }, {}, ["--profile", "--config"]],
  // What is in the environment may have been forgotten: going past it, or past the profile, would both be a surprise.
  [{ profile: ["a"] }, { CLOUDLINK_SERVER: server }, ["--profile", "CLOUDLINK_SERVER"]],
  [{ endpoint: "http://e" }, { CLOUDLINK_CONFIG: config }, ["--endpoint", "CLOUDLINK_CONFIG"]],
  [{ server: "127.0.0.1:8080" }, {}, ["--server", "http"]],
  [{}, { CLOUDLINK_SERVER: "ftp://h" }, ["CLOUDLINK_SERVER", "http"]],
])("%j with %j in the environment is refused, and the message names %j", (options, env, named) => {
  let error: unknown;
  try {
    callPlace(options, env);
  } catch (thrown) {
    error = thrown;
  }
  if (!CloudLinkError.isInstance(error)) throw error;
  expect(error.code).toBe("invalid_argument");
  for (const name of named) expect(error.message).toContain(name);
});
