import { build } from "@cloudlink/build";

export default build({ entry: { index: "src/index.ts", wire: "src/wire/index.ts" } });
