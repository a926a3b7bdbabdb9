import { build } from "@cloudlink/build";

export default build({ entry: { index: "src/index.ts", main: "src/main.ts" } });
