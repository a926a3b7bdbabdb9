import { build } from "@cloudlink/build";

export default build({ entry: { index: "src/index.ts", redis: "src/redis/index.ts" } });
