import { build } from "@cloudlink/build";

export default build({ entry: { index: "src/index.ts", testing: "src/testing/index.ts" } });
