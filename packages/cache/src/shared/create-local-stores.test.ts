import { beforeEach, describe } from "vitest";
import { type StoreUnderTest, sharedStoreSuite } from "../../test/shared-store-suite.ts";
import { createLocalStores } from "./create-local-stores.ts";

describe("stores that share one memory", () => {
  let underTest: StoreUnderTest;

  beforeEach(() => {
    underTest = createLocalStores();
  });

  sharedStoreSuite(() => underTest);
});
