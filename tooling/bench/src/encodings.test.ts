import { freezeDeep } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { encodings, entryOf } from "./encodings.ts";

describe.each(encodings(freezeDeep))("$name", ({ encode, decode }) => {
  it("gives back what was written, frozen", () => {
    const read = decode(encode(entryOf(7)));
    expect(read).toEqual(entryOf(7));
    const { tags, addresses } = read.at(-1) as { readonly tags: object; readonly addresses: readonly object[] };
    expect([read.at(-1), tags, addresses, addresses[1]].every(Object.isFrozen)).toBe(true);
  });
});
