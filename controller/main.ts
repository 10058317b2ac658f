import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { EventRecorder } from '../src/kube/events.ts';
import { readControllerConfig } from '../src/runtime/config.ts';
import { runProgram } from '../src/runtime/program.ts';
import { Controller } from './controller.ts';

const ownIdentity = `${hostname()}_${randomBytes(4).toString('hex')}`;

await runProgram({
  name: 'jobflow-controller',
  read: (args, env) => readControllerConfig(args, env, ownIdentity),
  // One for each worker; the Lease, Events and flows must not wait for them, nor the other way round.
  connections: ({ workers }) => workers + 20,
  process,
  start: (program) => {
    const { config, connection, log, registry, shutdown, addReadiness } = program;
    const events = new EventRecorder({ connection, log });
    shutdown.add('events', () => {
      events.stop();
    });
    const controller = new Controller({
      connection,
      events,
      config,
      registry,
      log,
      now: Date.now,
      random: Math.random,
    });
    addReadiness({
      name: 'objects',
      problem: () => (controller.synced ? undefined : 'the first list is not complete'),
    });
    shutdown.add('controller', () => controller.stop());
    controller.start();
  },
});
