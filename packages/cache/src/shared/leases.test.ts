import { createManualClock } from "@cloudlink/core/testing";
import { expect, it } from "vitest";
import { Leases } from "./leases.ts";
import type { StoreLease } from "./shared-store.ts";

it("renews and releases many leases in pieces, each of them once", () => {
  const clock = createManualClock();
  const asked: { readonly what: string; readonly leases: readonly StoreLease[] }[] = [];
  const leases = new Leases({
    clock,
    keeper: {
      renew: (_place, some) => asked.push({ what: "renew", leases: some }),
      release: (_place, some) => asked.push({ what: "release", leases: some }),
    },
  });
  const all = Array.from({ length: 450 }, (_none, id) => ({ ref: `place/${id}`, holder: "scope" }));
  for (const lease of all) leases.took("place", lease);
  for (const lease of all.slice(0, 250)) leases.begin(lease);

  const pieces = () => asked.splice(0).map(({ what, leases: some }) => [what, some.length]);
  clock.advance(130);
  expect(asked.flatMap(({ leases: some }) => some.map(({ ref }) => ref))).toEqual(all.map(({ ref }) => ref));
  expect(pieces()).toEqual([100, 100, 100, 100, 50].map((length) => ["renew", length]));
  clock.advance(130);
  const renewed = [100, 100, 50].map((length) => ["renew", length]);
  expect(pieces()).toEqual([...renewed, ["release", 100], ["release", 100]]);
  leases.close();
  expect(pieces()).toEqual([100, 100, 50].map((length) => ["release", length]));
});
