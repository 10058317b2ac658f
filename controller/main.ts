import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { EventRecorder } from '../src/kube/events.ts';
import { readControllerConfig } from '../src/runtime/config.ts';
import { runProgram } from '../src/runtime/program.ts';
import { Controller } from './controller.ts';

/** How long a stop waits for the Events that are still to be written, in milliseconds. */
const LAST_EVENTS_MS = 2_000;

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
    shutdown.add('events', async () => {
      // What the controller has just done is still to be told: nobody else tells it after a hand-over.
      await events.flush(LAST_EVENTS_MS);
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
