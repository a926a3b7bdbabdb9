import type { RowProcess } from "./start-process.ts";
import type { VendorSaid } from "./vendor-process.ts";

/** What a vendor says first: where it is. */
export async function portOf(vendor: RowProcess<VendorSaid>): Promise<number> {
  const said = await vendor.next();
  if ("port" in said) return said.port;
  throw new Error("the vendor did not say where it is");
}
