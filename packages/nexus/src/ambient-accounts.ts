import { type Account, type Context, createScope, type Identity, NONE, type Provider, type Ref } from "@cloudlink/core";
import type { Kernel } from "./kernel.ts";
import type { KernelCall } from "./kernel-call.ts";
import { providerFault } from "./provider-fault.ts";
import { callVendor } from "./vendor-call.ts";

/** The credential role of calls made with whatever credentials the vendor's own way finds. */
const AMBIENT_ROLE = "ambient";

/** The account of a ref for a kernel that was given no accounts: whichever the ref names is tried with the ambient credentials. */
export function ambientAccount({
  provider,
  partition,
  account,
}: Pick<Ref, "provider" | "partition" | "account">): Account {
  return { provider, partition, account, regions: "*", role: AMBIENT_ROLE };
}

/**
 * The account that the ambient credentials belong to, as the provider finds out. It is asked anew for each list: the environment or
 * profile may lead to another account by then, and what that one has would come out under this one's name.
 */
export async function identifiedAccount(
  kernel: Kernel,
  request: { readonly call: KernelCall; readonly ctx: Context; readonly provider: Provider },
): Promise<Account> {
  const { call, ctx, provider } = request;
  const { name } = provider.metadata;
  const scope = createScope({
    tenant: ctx.tenant,
    provider: name,
    partition: NONE,
    account: NONE,
    role: AMBIENT_ROLE,
    region: NONE,
  });
  return await callVendor(kernel, {
    call,
    ctx,
    provider,
    scope,
    operations: [],
    async run(providerCall) {
      const identity: Partial<Identity> | undefined = await provider.identify(providerCall);
      const { partition, account, regions } = identity ?? {};
      if (partition === undefined || account === undefined || regions === undefined) {
        throw providerFault(provider, "it did not say whose the credentials are");
      }
      return { ...ambientAccount({ provider: name, partition, account }), listRegions: regions };
    },
  });
}
