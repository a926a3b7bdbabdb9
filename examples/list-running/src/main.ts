import { background, VirtualMachine } from "@cloudlink/core";
import { createNexus } from "@cloudlink/nexus";
import { aws } from "@cloudlink/provider-aws";

const nexus = createNexus({ providers: [aws()] });
const ctx = background().withTimeout(5_000);

for await (const page of nexus.list(ctx, { kind: VirtualMachine, where: { powerState: "running" } })) {
  for (const { ref, value } of page.items) console.log(String(ref), value.powerState, value.size.name);
  for (const { account, region, error } of page.problems) console.error(account, region, error.message);
}
await nexus.close();
