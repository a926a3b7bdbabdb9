import { build } from "@cloudlink/build";

export default build();
