import type { KindHandler, Provider, VirtualMachineStatus } from "@cloudlink/core";

/** The provider's one handler, with the methods that it declares. */
export function machinesOf(
  provider: Provider,
): Required<Pick<KindHandler<VirtualMachineStatus>, "get" | "getMany" | "list">> {
  const handler = provider.kinds[0] as KindHandler<VirtualMachineStatus> | undefined;
  if (handler?.get === undefined || handler.getMany === undefined || handler.list === undefined) {
    throw new TypeError("the provider lacks what it declares of virtual machines");
  }
  const { get, getMany, list } = handler;
  return { get, getMany, list };
}
