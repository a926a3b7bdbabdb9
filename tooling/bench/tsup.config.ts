import { build } from "@cloudlink/build";

export default build({
  entry: {
    main: "src/main.ts",
    "simulation-worker": "src/economy/simulation-worker.ts",
    "vendor-process": "src/processes/vendor-process.ts",
    "compare-encodings": "src/compare-encodings.ts",
    "economy-process": "src/processes/economy-process.ts",
    "listener-process": "src/processes/listener-process.ts",
    "reader-process": "src/processes/reader-process.ts",
  },
  declarations: false,
});
