import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CloudLinkError } from "../error/cloudlink-error.ts";
import { foldCase } from "./fold-case.ts";
import { createRef, type RefParts } from "./ref.ts";
import { compileRefTemplate, type RefTemplate } from "./ref-template.ts";

const kind = "compute.VirtualMachine";
const compile = (template: RefTemplate, provider = "aws") => compileRefTemplate({ ...template, provider, kind });

const arn = compile({ template: "arn:{partition}:ec2:{region}:{account}:instance/{id}" });
const arm = compile(
  {
    template: "/subscriptions/{account}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}",
    parts: { partition: "azure", region: "-", id: "{group}/{name}" },
    ignoreCase: true,
  },
  "azure",
);
const salesforce = compile({ template: "{account}:{id}", parts: { partition: "-", region: "-" } }, "salesforce");

describe("ref templates", () => {
  it("Meaning 10: take a vendor's own ids, of three vendors, and write them again", () => {
    const instance = arn.match("arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc");
    expect(instance?.key).toBe(`aws/aws/123456789012/eu-west-1/${kind}/i-0abc`);
    expect(instance && arn.format(instance)).toBe("arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc");

    const machine = arm.match(
      "/SUBSCRIPTIONS/ABC-1/resourcegroups/My-Group/providers/microsoft.compute/VirtualMachines/Web1",
    );
    expect(machine?.key).toBe(`azure/azure/abc-1/-/${kind}/my-group%2Fweb1`);
    expect(machine && arm.format(machine)).toBe(
      "/subscriptions/abc-1/resourceGroups/my-group/providers/Microsoft.Compute/virtualMachines/web1",
    );

    const record = salesforce.match("00D000000000001:001000000000001");
    expect(record?.key).toBe(`salesforce/-/00D000000000001/-/${kind}/001000000000001`);
  });

  it("Meaning 10: one resource has one ref, however the vendor's id was written where it ignores case", () => {
    const text = "/subscriptions/abc/resourceGroups/GRÜN/providers/Microsoft.Compute/virtualMachines/Web";
    expect(arm.match(text)?.key).toBe(arm.match(text.toLowerCase())?.key);
    expect(arm.match(text)?.key).toBe(arm.match(text.toUpperCase())?.key);
  });

  it.each([
    ["another service", "arn:aws:s3:eu-west-1:123456789012:instance/i-0abc"],
    ["a part left empty", "arn:aws:ec2::123456789012:instance/i-0abc"],
    ["no id", "arn:aws:ec2:eu-west-1:123456789012:instance/"],
    ["a slash in a capture", "arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc/x"],
    ["text before it", " arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc"],
    ["a shorter text", "arn:aws:ec2"],
    ["nothing", ""],
    ["a text longer than any ref", `arn:aws:ec2:eu-west-1:123456789012:instance/${"x".repeat(4_096)}`],
    ["a canonical ref", `aws/aws/1/eu-west-1/${kind}/i-1`],
  ])("leave aside %s", (_case, text) => {
    expect(arn.match(text)).toBeUndefined();
  });

  it("refuse a text of their form whose parts no ref can have, as ErrInvalidRef", () => {
    for (const text of ["arn:aws:ec2:EU WEST:1:instance/i-1", "arn:aws:ec2:eu-west-1:1:instance/i-1\n"]) {
      expect(() => arn.match(text)).toThrow(CloudLinkError);
    }
  });

  it("end a capture where the whole literal after it first stands", () => {
    const dashed = compile({
      template: "{account}--{id}",
      parts: { partition: "-", region: "-" },
    });
    expect(dashed.match("a-b--c-d")).toMatchObject({ account: "a-b", id: "c-d" });
    expect(dashed.match("a--b--c")).toMatchObject({ account: "a", id: "b--c" });
  });

  it("hold a name that is captured twice to one value", () => {
    const twice = compile({ template: "{region}:{account}:{region}:{id}", parts: { partition: "-" } });
    expect(twice.match("r1:a:r1:i")).toMatchObject({ region: "r1" });
    expect(twice.match("r1:a:r2:i")).toBeUndefined();
  });

  it("never write an id that would be read as another resource's", () => {
    const joined = compile({ template: "{account}:{id}", parts: { partition: "-", region: "-" } });
    const ref = (parts: Partial<RefParts>) =>
      createRef({ provider: "aws", partition: "-", region: "-", account: "a", kind, id: "i", ...parts });
    expect(joined.format(ref({ account: "a:b" }))).toBeUndefined();
    expect(joined.format(ref({ id: "b:c" }))).toBe("a:b:c");
    expect(joined.format(ref({ id: "b/c" }))).toBeUndefined();
    expect(joined.format(ref({ region: "r1" }))).toBeUndefined();
    expect(joined.format(createRef({ ...ref({}), provider: "azure" }))).toBeUndefined();
    expect(joined.format(createRef({ ...ref({}), kind: "storage.Bucket" }))).toBeUndefined();

    const shared = compile({
      template: "{place}:{name}:{account}",
      parts: { partition: "-", region: "{place}", id: "{place}.{name}" },
    });
    expect(shared.format(ref({ region: "r1", id: "r1.x" }))).toBe("r1:x:a");
    expect(shared.format(ref({ region: "r1", id: "r2.x" }))).toBeUndefined();

    const lossy = compile({ template: "{pod}:{account}:{id}", parts: { partition: "-", region: "-" } });
    expect(lossy.match("na1:a:i")).toEqual(ref({}));
    expect(lossy.format(ref({}))).toBeUndefined();
  });

  it.each<[string, RefTemplate]>([
    ["two captures side by side", { template: "{account}{id}", parts: { partition: "-", region: "-" } }],
    ["an unclosed brace", { template: "{account}:{id", parts: { partition: "-", region: "-" } }],
    ["a capture without a name", { template: "{account}:{}:{id}", parts: { partition: "-", region: "-" } }],
    [
      "a capture named like nothing in code",
      { template: "{account}:{__proto__}:{id}", parts: { partition: "-", region: "-" } },
    ],
    ["a part that nothing gives", { template: "{account}:{id}", parts: { partition: "-" } }],
    [
      "a part made of what is not captured",
      { template: "{account}:{name}", parts: { partition: "-", region: "-", id: "{group}" } },
    ],
  ])("are refused with %s, as ErrInvalidSettings", (_case, template) => {
    expect(() => compile(template)).toThrow(
      expect.objectContaining({ code: "invalid_argument", reason: "ErrInvalidSettings" }),
    );
  });
});

const captured = fc.string({
  unit: fc.constantFrom("a", "b", "B", ":", "-", "/", "é", "İ", "K", "Σ"),
  minLength: 1,
  maxLength: 6,
});
const literal = fc.string({ unit: fc.constantFrom(":", "-", "/", "a", "B", "İ", "Σ"), minLength: 1, maxLength: 3 });
const anyTemplate = fc
  .record({ literals: fc.array(literal, { minLength: 4, maxLength: 4 }), ignoreCase: fc.boolean() })
  .map(({ literals: [before, first, second, after], ignoreCase }) => ({
    template: `${before}{account}${first}{group}${second}{name}${after}`,
    parts: { partition: "-", region: "-", id: "{group}/{name}" },
    ignoreCase,
  }));

describe("any template", () => {
  it("Meaning 10: reads the id it writes as the same ref, lower-cased where it ignores case", () => {
    let written = 0;
    fc.assert(
      fc.property(anyTemplate, captured, captured, captured, (template, account, group, name) => {
        const matcher = compile(template);
        const ref = createRef({ provider: "aws", partition: "-", account, region: "-", kind, id: `${group}/${name}` });
        const text = matcher.format(ref);
        if (text === undefined) return;
        written++;
        const back = matcher.match(text);
        const fold = template.ignoreCase ? foldCase : (same: string) => same;
        expect([back?.account, back?.id]).toEqual([fold(account), fold(ref.id)]);
      }),
      { numRuns: 2_000 },
    );
    expect(written).toBeGreaterThan(100);
  });

  it("Meaning 10: writes the id it read, lower-cased where it ignores case", () => {
    let read = 0;
    fc.assert(
      fc.property(anyTemplate, captured, captured, captured, (template, account, group, name) => {
        const matcher = compile(template);
        const text = template.template.replace("{account}", account).replace("{group}", group).replace("{name}", name);
        const ref = matcher.match(text);
        if (ref === undefined) return;
        read++;
        const written = matcher.format(ref);
        if (template.ignoreCase) expect(foldCase(written ?? "")).toBe(foldCase(text));
        else expect(written).toBe(text);
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it("reads any text without throwing anything but ErrInvalidRef", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((end) => `arn:aws:ec2:r:1:instance/${end}`),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(arn, arm, salesforce), (made, matcher) => {
        try {
          matcher.match(made);
        } catch (error) {
          if (!CloudLinkError.isInstance(error)) throw error;
          expect(error.reason).toBe("ErrInvalidRef");
        }
      }),
    );
  });
});

describe("foldCase", () => {
  it("keeps a text's length, does nothing twice, and leaves alone what has no one counterpart", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const folded = foldCase(text);
        expect(folded).toHaveLength(text.length);
        expect(foldCase(folded)).toBe(folded);
      }),
    );
    expect(foldCase("ÀBC-ΑΣ İ \u212a ẞ 𐐀")).toBe("àbc-ασ İ \u212a ẞ 𐐨");
  });

  it("never makes one id of two that a vendor keeps apart, and one of two that differ in ASCII case", () => {
    expect(foldCase("İ")).not.toBe(foldCase("i\u0307"));
    expect(foldCase("\u212a")).not.toBe(foldCase("k"));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
        expect(foldCase(text.toUpperCase())).toBe(foldCase(text));
      }),
    );
  });
});
