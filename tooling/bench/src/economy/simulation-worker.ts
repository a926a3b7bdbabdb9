import { parentPort, workerData } from "node:worker_threads";
import { loadSubjects } from "@cloudlink/measure";
import { type Simulation, simulate } from "./simulate.ts";

/** A thread that runs one simulation after the other, on the packages of the project in the folder that it is given. */
const subjects = await loadSubjects(workerData as string);
const port = parentPort;
port?.on("message", async (simulation: Simulation) => port.postMessage(await simulate(subjects, simulation)));
