import { readWebhookConfig } from '../src/runtime/config.ts';
import { runProgram } from '../src/runtime/program.ts';
import { createJobDecider } from './decide-job.ts';
import { JobIndex } from './job-index.ts';
import { createNamedResources } from './named-resources.ts';
import { startWebhook } from './start.ts';

await runProgram({
  name: 'jobflow-webhook',
  read: readWebhookConfig,
  connections: 8,
  process,
  start: async (program) => {
    const { connection, log, now, shutdown, addReadiness } = program;
    const index = new JobIndex({ connection, log, now });
    addReadiness({
      name: 'jobs',
      problem: () => (index.synced ? undefined : 'the first list is not complete'),
    });
    shutdown.add('job index', () => index.stop());
    index.start();
    await startWebhook(program, createJobDecider({ index, resources: createNamedResources(connection) }));
  },
});
