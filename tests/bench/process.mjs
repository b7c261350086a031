// What a process takes of the machine, as Linux tells it.
import { readFileSync, readdirSync } from "node:fs";

/** Seconds of CPU time that the threads of a process have had; to the nanosecond, unlike its `stat`. @param {number} pid */
export const cpuOf = (pid) =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e9, 0);

/** Bytes of memory that it has. @param {number} pid */
export const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
