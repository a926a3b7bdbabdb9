import { build } from "@cloudlink/build";

export default build({ entry: { main: "src/main.ts" }, declarations: false });
