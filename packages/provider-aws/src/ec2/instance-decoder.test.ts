import { Readable } from "node:stream";
import { DescribeInstancesCommand, EC2Client, type Instance } from "@aws-sdk/client-ec2";
import { AwsEc2QueryProtocol } from "@aws-sdk/core/protocols";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indented, pageXml } from "../../test/describe-instances-page.ts";
import { MalformedAnswer } from "../xml/malformed-answer.ts";
import { decodeInstances } from "./instance-decoder.ts";
import { createInstanceReader } from "./streaming-protocol.ts";
import { toVirtualMachine } from "./virtual-machine.ts";

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

function bodyOf(document: string | Buffer, sizes: readonly number[] = [65_536]): Readable {
  return Readable.from(pieces(Buffer.from(document), sizes), { objectMode: true });
}

async function decode(document: string | Buffer, sizes?: readonly number[]) {
  return await decodeInstances(bodyOf(document, sizes), (instance, ownerId) => ({ instance, ownerId }));
}

/** The SDK's own decoding of the same bytes, cut down to the members the projection keeps. */
async function decodeBySdk(document: string) {
  const body = Readable.from([Buffer.from(document)], { objectMode: false });
  const client = new EC2Client({
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: { handle: async () => ({ response: { statusCode: 200, headers: {}, body } }) },
  });
  const output = await client.send(new DescribeInstancesCommand({}));
  const items = (output.Reservations ?? []).flatMap(({ Instances, OwnerId }) =>
    (Instances ?? []).map((instance) => ({ instance: kept(instance), ownerId: OwnerId })),
  );
  return { items, nextToken: output.NextToken };
}

const keptNames = [
  "InstanceId",
  "InstanceType",
  "CpuOptions",
  "PrivateIpAddress",
  "PublicIpAddress",
  "PrivateDnsName",
  "PublicDnsName",
  "LaunchTime",
  "Tags",
  "State",
  "Placement",
  "StateTransitionReason",
  "StateReason",
  "HibernationOptions",
  "VpcId",
  "SubnetId",
  "ImageId",
  "PlatformDetails",
  "Architecture",
  "InstanceLifecycle",
] as const satisfies readonly (keyof Instance)[];

function kept(instance: Instance): Instance {
  return {
    ...Object.fromEntries(
      keptNames.flatMap((name) => (instance[name] === undefined ? [] : [[name, instance[name]] as const])),
    ),
    NetworkInterfaces: (instance.NetworkInterfaces ?? []).map((card) => ({
      PrivateIpAddresses: (card.PrivateIpAddresses ?? []).map(({ PrivateIpAddress, Primary }) => ({
        PrivateIpAddress,
        Primary,
      })),
      Ipv6Addresses: (card.Ipv6Addresses ?? []).map(({ Ipv6Address }) => ({ Ipv6Address })),
    })),
  };
}

function answerWith(instance: string): string {
  return `<DescribeInstancesResponse><reservationSet><item><ownerId>1</ownerId><instancesSet><item>${instance}</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
}

describe("a DescribeInstances answer", () => {
  it.each([
    ["on one line", pageXml({ count: 60, nextToken: "next" })],
    ["indented, as EC2 sends it", indented(pageXml({ count: 60 }))],
    ["with nothing in it", pageXml({ count: 0 })],
  ])("is read as the SDK reads it, in every member that is kept: %s", async (_layout, document) => {
    expect(await decode(document)).toEqual(await decodeBySdk(document));
  });

  it("is the same page however the bytes are cut", async () => {
    const document = Buffer.from(pageXml({ count: 6, nextToken: "next" }));
    const whole = await decode(document);
    const sizes = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, async (cut) => {
        expect(await decode(document, cut)).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  it("is refused when it is cut short, anywhere", async () => {
    const document = Buffer.from(pageXml({ count: 1 }));
    for (let length = 0; length < document.length; length += 1) {
      await expect(decode(document.subarray(0, length))).rejects.toThrow(MalformedAnswer);
    }
  });

  it.each<[string, string | Buffer]>([
    ["tags that do not match", answerWith("<instanceId>i</instanceID>")],
    ["a document type", `<!DOCTYPE a [<!ENTITY b "c">]>${answerWith("")}`],
    ["an unknown entity", answerWith("<instanceId>&b;</instanceId>")],
    ["a bare ampersand", answerWith("<instanceId>a & b</instanceId>")],
    ["a surrogate by number", answerWith("<instanceId>&#xD800;</instanceId>")],
    ["a second root", answerWith("") + answerWith("")],
    ["text after the root", `${answerWith("")}x`],
    ["another root", "<Response/>"],
    ["an element inside a scalar", answerWith("<instanceId><b/></instanceId>")],
    ["a member twice", answerWith("<instanceId>a</instanceId><instanceId>b</instanceId>")],
    ["a code that is no number", answerWith("<instanceState><code>x</code></instanceState>")],
    ["an instant that is none", answerWith("<launchTime>2026-99-99T00:00:00Z</launchTime>")],
    ["endless nesting", answerWith("<a>".repeat(100) + "</a>".repeat(100))],
    ["an endless text", answerWith(`<instanceId>${"a".repeat(70_000)}</instanceId>`)],
    ["an endless tag", answerWith(`<${"a".repeat(200_000)}`)],
    ["bytes that are not UTF-8", Buffer.from(answerWith("<instanceId>\xff\xfe</instanceId>"), "latin1")],
    ["an instance without an owner", answerWith("").replace("<ownerId>1</ownerId>", "")],
    ["nothing", ""],
  ])("is refused, as malformed, with %s", async (_what, document) => {
    await expect(decode(document)).rejects.toThrow(MalformedAnswer);
    await expect(decode(document, [13])).rejects.toThrow(MalformedAnswer);
  });

  it("is refused beyond 32 MiB, and the connection is let go of", async () => {
    const chunk = Buffer.from(`<!--${" ".repeat(65_536)}-->`);
    const endless = Readable.from(
      (function* () {
        for (;;) yield chunk;
      })(),
    );
    const decoding = decodeInstances(endless, () => 0);
    await expect(decoding).rejects.toThrow(/larger than/);
    expect(endless.destroyed).toBe(true);
  });

  it("may hold comments, character data, references, and characters beyond the first plane", async () => {
    const document = answerWith(
      "<!-- > --><instanceId><![CDATA[a & <b>]]>&#x1F600;&amp;é</instanceId><__proto__><x>1</x></__proto__>",
    );
    const page = await decode(document, [3]);
    expect(page.items[0]?.instance).toEqual({ InstanceId: "a & <b>😀&é" });
  });

  it("never does more than be refused, and writes no prototype, whatever its bytes are", async () => {
    const seed = Buffer.from(pageXml({ from: 1, count: 2 }));
    const markup = [
      "<",
      ">",
      "</",
      "/>",
      "&",
      "&#x0;",
      "]]>",
      "<![CDATA[",
      "<!--",
      "__proto__",
      "constructor",
      "\0",
      "é",
    ];
    const edits = fc.array(
      fc.record({
        at: fc.nat(seed.length - 1),
        remove: fc.nat(12),
        insert: fc.oneof(
          fc.uint8Array({ maxLength: 4 }),
          fc.constantFrom(...markup).map((text) => Buffer.from(text)),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    );
    const prototypes = [Object.prototype, Array.prototype, Function.prototype].map((prototype) =>
      Reflect.ownKeys(prototype),
    );
    let refused = 0;
    let decoded = 0;
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        let bytes = seed;
        for (const { at, remove, insert } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        }
        await decodeInstances(bodyOf(bytes, [997]), (instance) => toVirtualMachine(instance, "us-east-1")).then(
          () => {
            decoded += 1;
          },
          (error: unknown) => {
            refused += 1;
            expect(error).toBeInstanceOf(MalformedAnswer);
          },
        );
      }),
      { numRuns: 20_000 },
    );
    // Were all of one sort, this would show nothing of the other.
    expect(refused).toBeGreaterThan(100);
    expect(decoded).toBeGreaterThan(100);
    expect(
      [Object.prototype, Array.prototype, Function.prototype].map((prototype) => Reflect.ownKeys(prototype)),
    ).toEqual(prototypes);
  });

  it("gives the event loop a turn at least every 128 KiB, however the bytes come", async () => {
    const document = pageXml({ count: 400 });
    for (const sizes of [[document.length * 2], [65_536]]) {
      let turns = 0;
      let isOver = false;
      const count = () => {
        turns += 1;
        if (!isOver) setImmediate(count);
      };
      setImmediate(count);
      await decode(document, sizes);
      isOver = true;
      expect(turns).toBeGreaterThanOrEqual(Math.floor(document.length / (128 * 1024)));
    }
  });
});

describe("the protocol of a streaming client", () => {
  it("has no page for an output that is not its own", () => {
    const reader = createInstanceReader(AwsEc2QueryProtocol, () => 1);
    expect(() => reader.pageOf({ $metadata: {} })).toThrow(TypeError);
  });
});
