#!/usr/bin/env node
import { runCommand } from "./command.ts";

/** What benchmarks and `pnpm sandbox` start: without limits, unless told. */
runCommand({ name: "sandbox", limits: "off" });
