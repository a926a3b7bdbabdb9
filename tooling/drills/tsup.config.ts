import { build } from "@cloudlink/build";

export default build({ entry: ["src/main.ts"], declarations: false });
