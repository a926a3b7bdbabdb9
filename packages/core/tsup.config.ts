import { build } from "@cloudlink/build";

export default build({
  entry: { index: "src/index.ts", calls: "src/calls/index.ts", testing: "src/testing/index.ts" },
});
