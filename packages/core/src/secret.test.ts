import { format, inspect } from "node:util";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Secret } from "./secret.ts";

describe("Secret", () => {
  const value = "hunter2";
  const secret = new Secret(value);

  it("is not seen by printing, serialising, inspecting, copying or listing it", () => {
    const seen = [
      String(secret),
      secret.toString(),
      `${secret}`,
      `${secret as unknown as string}suffix`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      inspect(secret, { customInspect: false, showHidden: true }),
      format("%s %o %O %j %d", secret, secret, secret, secret, secret),
      JSON.stringify(structuredClone(secret)),
      JSON.stringify({ ...secret }),
      Reflect.ownKeys(secret).join(),
    ];
    for (const text of seen) expect(text).not.toContain(value);
    expect(seen[0]).toBe("[secret]");
  });

  it("is reached by reveal alone, with its type", () => {
    expect(secret.reveal()).toBe(value);
    expectTypeOf(secret.reveal()).toBeString();
    expectTypeOf(new Secret({ accessKeyId: "a" }).reveal()).toEqualTypeOf<{ accessKeyId: string }>();
  });

  it("does not show whether two are the same", () => {
    const other = new Secret("other");
    expect(`${secret}` === `${other}`).toBe(true);
    expect(Number(secret)).toBeNaN();
  });
});
