/**
 * A Slurm of two nodes on this machine, for tests: Debian's `slurm-wlm`, run by
 * whoever runs the test, in a folder of its own.
 *
 * @module
 */
import { userInfo } from "node:os";
import { join } from "node:path";
import { until } from "./processes.ts";

/** Whether this machine has Slurm's daemons. */
export const hasSlurm: boolean =
  new Deno.Command("sh", { args: ["-c", "command -v slurmctld slurmd"] })
    .outputSync().success;

/** A controller and the nodes n1 and n2, of one core each. */
export interface Slurm extends AsyncDisposable {
  /** What a command such as `squeue` prints. */
  ask(command: string, ...args: string[]): Promise<string>;
  /** Environment in which commands find it. */
  env: Record<string, string>;
  startNode(node: string): Promise<void>;
  /** Ends a node's daemon and all that runs there, at once. */
  killNode(node: string): Promise<void>;
}

/** Free ports, at the moment. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return port;
  });
}

function config(folder: string): string {
  const user = userInfo().username;
  const host = Deno.hostname().split(".")[0];
  const [port, ...ports] = freePorts(3);
  return `
ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${port}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/none
AuthInfo=cred_expire=5
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
SlurmctldPidFile=${folder}/ctld.pid
SlurmdPidFile=${folder}/%n.pid
SlurmdSpoolDir=${folder}/spool.%n
StateSaveLocation=${folder}/state
SlurmctldLogFile=${folder}/ctld.log
SlurmdLogFile=${folder}/%n.log
SchedulerParameters=sched_min_interval=0,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
${
    ports.map((port, i) =>
      `NodeName=n${i + 1} NodeHostname=${host} NodeAddr=127.0.0.1 ` +
      `Port=${port} CPUs=1 State=UNKNOWN`
    ).join("\n")
  }
`;
}

/** Starts it. Disposing ends every process of it and removes its folder. */
export async function startSlurm(): Promise<Slurm> {
  const folder = await Deno.makeTempDir({ prefix: "slurm" });
  const file = join(folder, "slurm.conf");
  await Deno.writeTextFile(file, config(folder));
  const env = { SLURM_CONF: file };

  const ask = async (command: string, ...args: string[]): Promise<string> => {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args,
      env,
    }).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    if (!success) {
      throw new Error(`${command} ${args.join(" ")}: ${text(stderr)}`);
    }
    return text(stdout);
  };

  /** Daemons and what they started: all whose environment names the folder. */
  const kill = async (mark: string): Promise<void> => {
    for (const { name: pid } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(pid) || Number(pid) === Deno.pid) continue;
      const environment = await Deno.readTextFile(`/proc/${pid}/environ`)
        .catch(() => "");
      const entries = environment.split("\0");
      if (!entries.includes(`SLURM_CONF=${file}`)) continue;
      if (!entries.some((entry) => entry.includes(mark))) continue;
      try {
        Deno.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
  };

  const slurm: Slurm = {
    ask,
    env,
    async startNode(node): Promise<void> {
      const { success } = await new Deno.Command("slurmd", {
        args: ["-N", node],
        env: { ...env, TEST_NODENAME: node },
      }).output();
      if (!success) throw new Error(`slurmd -N ${node} did not start`);
    },
    // TEST_NODENAME of its daemons, SLURMD_NODENAME of its jobs.
    killNode: (node) => kill(`_NODENAME=${node}`),
    async [Symbol.asyncDispose](): Promise<void> {
      await kill("");
      await Deno.remove(folder, { recursive: true });
    },
  };
  try {
    await ask("slurmctld");
    await slurm.startNode("n1");
    await slurm.startNode("n2");
    await until(async () => {
      const states = await ask("sinfo", "-N", "-h", "-o", "%T").catch(() => "");
      return states.split("\n").filter((s) => s === "idle").length === 2;
    }, 60);
  } catch (error) {
    await slurm[Symbol.asyncDispose]();
    throw error;
  }
  return slurm;
}
