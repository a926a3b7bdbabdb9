import type { KindHandler, Provider, VirtualMachineStatus } from "@cloudlink/core";

/** The provider's one handler, with the methods that it declares. */
export function machinesOf(
  provider: Provider,
): Required<Pick<KindHandler<VirtualMachineStatus>, "get" | "getMany" | "list" | "act" | "follow">> {
  const handler = provider.kinds[0] as KindHandler<VirtualMachineStatus> | undefined;
  const { get, getMany, list, act, follow } = handler ?? {};
  if (!get || !getMany || !list || !act || !follow) {
    throw new TypeError("the provider lacks what it declares of virtual machines");
  }
  return { get, getMany, list, act, follow };
}
