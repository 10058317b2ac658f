/*
 * The controller as it is shipped, over a connection that ends the process at one of its writes. Started by tests as
 * a process of its own.
 */
import { Controller } from '../../../controller/controller.ts';
import { EventRecorder } from '../../../src/kube/events.ts';
import { readControllerConfig } from '../../../src/runtime/config.ts';
import { runProgram } from '../../../src/runtime/program.ts';
import { countingConnection } from './counting-connection.ts';
import { CRASH_ENV, parseCrashPoint } from './crash-point.ts';

const namespace = process.env[CRASH_ENV.namespace] ?? '';
const point = parseCrashPoint(process.env[CRASH_ENV.point]);

await runProgram({
  name: 'jobflow-controller',
  read: (args, env) => readControllerConfig(args, env, 'crashing'),
  connections: 30,
  process,
  start: ({ config, connection: plain, log, registry, shutdown, addReadiness }) => {
    const connection = countingConnection(plain, { namespace, point, crash });
    const events = new EventRecorder({ connection, log });
    const { now } = Date;
    const { random } = Math;
    const controller = new Controller({ connection, events, config, registry, log, now, random });
    addReadiness({
      name: 'objects',
      problem: () => (controller.synced ? undefined : 'the first list is not complete'),
    });
    shutdown.add('controller', () => controller.stop());
    controller.start();
  },
});

/** As by the kernel: nothing is flushed, nobody is told. */
function crash(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way, and not a line more may run.
  for (;;);
}
