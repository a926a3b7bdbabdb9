import { describeActions } from "./action-suite.ts";
import { startLocalHarness } from "./harness.ts";
import { describeShell } from "./shell-suite.ts";

describeShell("the shell with its own kernel, on the sandbox", startLocalHarness);
describeActions("actions of the shell with its own kernel, on the sandbox", startLocalHarness);
