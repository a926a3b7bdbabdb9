import { build } from "@cloudlink/build";

export default build({
  entry: { main: "src/main.ts", "simulation-worker": "src/economy/simulation-worker.ts" },
  declarations: false,
});
