import { readCommandLine } from "./command-line.ts";
import { runServer } from "./run-server.ts";

const command = readCommandLine(process.argv.slice(2), process.env);
if (command.kind === "print") {
  process[command.to].write(command.text);
  process.exitCode = command.exitCode;
} else {
  process.exitCode = await runServer(command.options);
}
