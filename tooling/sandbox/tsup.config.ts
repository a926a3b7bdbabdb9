import { build } from "@cloudlink/build";

export default build({ entry: ["src/index.ts", "src/main.ts", "src/cloudlink-sandbox.ts"] });
