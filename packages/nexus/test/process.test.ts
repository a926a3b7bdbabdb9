import { describe, expect, it } from "vitest";
import { runProgram } from "./program.ts";

const stuck = "const nexus = createNexus({ providers: [fakeProvider({ get: never, getMany: never })] });";

describe("a program whose only business is a call", () => {
  it("lives until the call's deadline, though the provider never settles and holds nothing open", async () => {
    const get = `${stuck} await nexus.get(background().withTimeout(100), { kind, ref }).catch(ended);`;
    expect(await runProgram(get)).toEqual({ code: 0, stdout: "ended with deadline_exceeded\n" });
    const getMany = `${stuck}
      const { outcomes } = await nexus.getMany(background().withTimeout(100), { kind, refs: [ref] });
      ended(outcomes[0].error);`;
    expect(await runProgram(getMany)).toEqual({ code: 0, stdout: "ended with deadline_exceeded\n" });
  });

  it("lives while it waits for a directory and for a page of a list", async () => {
    const place = '{ provider: "fake", partition: "-", account: "1", regions: ["north"], role: "reader" }';
    const lost = `const nexus = createNexus({ providers: [fakeProvider()], accounts: { list: never, find: never } });
      await nexus.get(background().withTimeout(100), { kind, ref }).catch(ended);
      await nexus.list(background().withTimeout(100), { kind }).next().catch(ended);`;
    expect(await runProgram(lost)).toEqual({ code: 0, stdout: "ended with deadline_exceeded\n".repeat(2) });
    const list = `const batches = { [Symbol.asyncIterator]: () => ({ next: never }) };
      const provider = fakeProvider({ list: () => batches });
      const nexus = createNexus({ providers: [provider], accounts: [${place}], defaultTimeoutMs: 100 });
      await nexus.list(background(), { kind }).next().catch(ended);`;
    expect(await runProgram(list)).toEqual({ code: 0, stdout: "ended with deadline_exceeded\n" });
  });

  it("is not held by a kernel that nobody waits for", async () => {
    const done = `const nexus = createNexus({ providers: [fakeProvider()] });
      await nexus.get(background().withTimeout(3_600_000), { kind, ref });
      for await (const page of nexus.list(background().withTimeout(3_600_000), { kind })) break;
      console.log("read");`;
    expect(await runProgram(done)).toEqual({ code: 0, stdout: "read\n" });
  });
});
