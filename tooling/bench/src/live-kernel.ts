import { ACCOUNT, REGION, type RowRequest, type Vendor } from "@cloudlink/measure";
import type { Nexus } from "@cloudlink/nexus";

/** The kernel, the bare SDK and the same instances behind both. */
export interface LiveKernel {
  readonly nexus: Nexus;
  readonly client: InstanceType<RowRequest["subjects"]["sdk"]["EC2Client"]>;
  newClient(): LiveKernel["client"];
}

/** A kernel with permission, freezing and trace ids on, and an SDK client as its documentation shows one, on one vendor. */
export function liveKernel({ subjects }: Pick<RowRequest, "subjects">, vendor: Vendor): LiveKernel {
  const { core, nexus, aws, sdk } = subjects;
  const { endpoint, credentials } = vendor;
  const newClient = () => new sdk.EC2Client({ region: REGION, endpoint, credentials: { ...credentials } });
  return {
    nexus: nexus.createNexus({
      providers: [aws.aws({ endpoint })],
      accounts: [{ provider: "aws", partition: "aws", account: ACCOUNT, regions: [REGION], role: "reader" }],
      credentials: core.staticCredentials(() => ({ ...credentials })),
      // This vendor has no limits, and is asked more often than AWS would take.
      limits: { of: () => "none" },
      permission: { denial: (_ctx, { account }) => (account === ACCOUNT ? undefined : "not yours") },
    }),
    client: newClient(),
    newClient,
  };
}

/** Some refs of the vendor's, as the kernel lists them. */
export async function someRefs(
  { subjects, nexus }: { readonly subjects: RowRequest["subjects"]; readonly nexus: Nexus },
  count: number,
): Promise<Awaited<ReturnType<Nexus["resolveRef"]>>[]> {
  const { background, VirtualMachine } = subjects.core;
  const refs = [];
  for await (const page of nexus.list(background(), { kind: VirtualMachine, pageSize: Math.max(count, 5) })) {
    for (const { ref } of page.items) refs.push(ref);
    if (refs.length >= count) break;
  }
  if (refs.length < count) throw new Error(`the vendor has only ${refs.length} instances`);
  return refs.slice(0, count);
}
