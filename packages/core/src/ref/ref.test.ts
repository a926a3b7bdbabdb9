import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import { createRef, isRef, parseRef, type Ref, type RefParts } from "./ref.ts";

const parts: RefParts = {
  provider: "aws",
  partition: "aws",
  account: "123456789012",
  region: "eu-west-1",
  kind: "compute.VirtualMachine",
  id: "i-0abc",
};

function refused(run: () => unknown): CloudLinkError {
  try {
    run();
  } catch (error) {
    if (CloudLinkError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

// Anything Unicode has but what the contract refuses; delimiters, percent signs and escapes more often than by chance.
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("/", "%", "%2F", "%25", ":", "?", "#", "-", ".", "\u{1f600}", "İ"),
      fc.string({ unit: "grapheme", maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 40,
  })
  .filter((made) => made !== "" && made !== "." && made !== ".." && made.isWellFormed() && !/\p{Cc}/u.test(made));

describe("Ref", () => {
  it("Meaning 10: is provider/partition/account/region/kind/id, each part percent-encoded", () => {
    expect(createRef(parts).key).toBe("aws/aws/123456789012/eu-west-1/compute.VirtualMachine/i-0abc");
    expect(createRef({ ...parts, id: "group/näme %" }).key).toBe(
      "aws/aws/123456789012/eu-west-1/compute.VirtualMachine/group%2Fn%C3%A4me%20%25",
    );
  });

  it("Meaning 10: comes back from its key, whatever Unicode account and id have in them", () => {
    fc.assert(
      fc.property(text, text, (account, id) => {
        const ref = createRef({ ...parts, account, id });
        expect(ref.key.split("/")).toHaveLength(6);
        const back = parseRef(ref.key);
        expect(back).toEqual(ref);
        expect([back.account, back.id, back.key]).toEqual([account, id, ref.key]);
      }),
    );
  });

  it("has the same key as another if and only if all their parts are the same", () => {
    fc.assert(
      fc.property(text, text, text, text, (account, id, otherAccount, otherId) => {
        const same = account === otherAccount && id === otherId;
        const [one, other] = [
          createRef({ ...parts, account, id }),
          createRef({ ...parts, account: otherAccount, id: otherId }),
        ];
        expect(one.key === other.key).toBe(same);
      }),
    );
  });

  it("prints, serialises and inspects as its key, and is frozen", () => {
    const ref = createRef(parts);
    expect([`${ref}`, JSON.parse(JSON.stringify(ref)), inspect(ref)]).toEqual([ref.key, ref.key, ref.key]);
    expect(Object.isFrozen(ref)).toBe(true);
    expect(Object.keys(ref)).toEqual(["provider", "partition", "account", "region", "kind", "id", "key"]);
  });

  it("is known across installed copies by its marker, and neither text nor plain parts are one", () => {
    const foreign = { ...parts, key: "k", [Symbol.for("cloudlink.ref")]: true };
    expect([isRef(createRef(parts)), isRef(foreign)]).toEqual([true, true]);
    for (const value of [parts, { ...createRef(parts) }, createRef(parts).key, null, undefined])
      expect(isRef(value)).toBe(false);
    expectTypeOf<RefParts & { key: string }>().not.toExtend<Ref>();
  });

  it.each<[keyof RefParts, string, unknown]>([
    ["provider", "empty", ""],
    ["provider", "upper-case", "AWS"],
    ["provider", "missing", undefined],
    ["partition", "with a slash", "a/b"],
    ["partition", "missing", undefined],
    ["account", "empty", ""],
    ["account", "too long", "x".repeat(257)],
    ["account", "a number", 123456789012],
    ["region", "as people write it", "West US"],
    ["region", "with a line break after it", "eu-west-1\n"],
    ["kind", "without a group", "VirtualMachine"],
    ["kind", "missing", undefined],
    ["id", "empty", ""],
    ["id", "too long", "x".repeat(1_025)],
    ["id", "half a surrogate pair", "i-\udc00"],
    ["id", "with a C0 control character", "i-\u0000"],
    ["id", "with a C1 control character", "i-\u009b"],
    ["id", "a dot segment", ".."],
    ["id", "a single dot", "."],
    ["account", "a dot segment", ".."],
  ])("refuses a %s that is %s, by name", (name, _case, value) => {
    const error = refused(() => createRef({ ...parts, [name]: value } as RefParts));
    expect([error.code, error.reason, error.origin]).toEqual(["invalid_argument", "ErrInvalidRef", "caller"]);
    expect(error.message).toContain(`The ${name} of a ref`);
  });

  it("takes - for a partition and a region that the vendor does not have, and as an id", () => {
    const ref = createRef({ ...parts, partition: "-", region: "-", id: "-" });
    expect(parseRef(ref.key)).toEqual(ref);
  });

  it("has at most 4,096 characters, so that what createRef makes, parseRef reads", () => {
    const longest = createRef({ ...parts, id: "日".repeat(341) });
    expect(parseRef(longest.key)).toEqual(longest);
    expect(refused(() => createRef({ ...parts, id: "日".repeat(1_024) })).reason).toBe("ErrInvalidRef");
  });
});

describe("parseRef", () => {
  it("takes other encodings of the same parts, and gives the canonical one", () => {
    expect(parseRef("aws/aws/1/eu-west-1/compute%2eVirtualMachine/%69-1%2f2").key).toBe(
      "aws/aws/1/eu-west-1/compute.VirtualMachine/i-1%2F2",
    );
  });

  it("refuses everything else with ErrInvalidRef and nothing worse", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(fc.string(), { minLength: 6, maxLength: 6 }).map((made) => made.join("/")),
        ),
        (made) => {
          try {
            expect(parseRef(parseRef(made).key)).toEqual(parseRef(made));
          } catch (error) {
            if (!CloudLinkError.isInstance(error)) throw error;
            expect(error.reason).toBe("ErrInvalidRef");
          }
        },
      ),
    );
  });

  it.each<[string, unknown]>([
    ["too few parts", "aws/aws/1/eu-west-1/compute.VirtualMachine"],
    ["too many parts", "aws/aws/1/eu-west-1/compute.VirtualMachine/group/name"],
    ["broken percent-encoding", "aws/aws/1/eu-west-1/compute.VirtualMachine/%zz"],
    ["percent-encoding that is no UTF-8", "aws/aws/1/eu-west-1/compute.VirtualMachine/%ff"],
    ["percent-encoded half a surrogate pair", "aws/aws/1/eu-west-1/compute.VirtualMachine/%ed%a0%80"],
    ["an encoded dot segment", "aws/aws/1/eu-west-1/compute.VirtualMachine/%2e%2e"],
    ["no text", undefined],
    ["more than 4,096 characters", "x".repeat(4_097)],
  ])("refuses %s", (_case, made) => {
    expect(refused(() => parseRef(made as string)).reason).toBe("ErrInvalidRef");
  });

  it("shows no control character and not more than the start of what it refuses", () => {
    const { message } = refused(() => parseRef(`\u001b[31m${"x".repeat(4_000)}`));
    expect(message).not.toContain("\u001b");
    expect(message.length).toBeLessThan(400);
  });
});

describe("docs/ref-vectors.json", () => {
  // Made with another language's standard encoder (Python's urllib.parse.quote), which knows nothing of this one.
  const file = new URL("../../../../docs/ref-vectors.json", import.meta.url);
  const vectors = JSON.parse(readFileSync(file, "utf8")) as { readonly parts: RefParts; readonly key: string }[];

  it.each(vectors)("an author in another language gets the same key: $key", ({ parts, key }) => {
    expect(createRef(parts).key).toBe(key);
    expect(parseRef(key)).toMatchObject(parts);
  });
});
