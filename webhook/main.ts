import { readWebhookConfig } from '../src/runtime/config.ts';
import { runProgram } from '../src/runtime/program.ts';
import { AdmissionIndex } from './admission-index.ts';
import { createJobDecider } from './decide-job.ts';
import { createResourceDecider } from './decide-resource.ts';
import { createNamedResources } from './named-resources.ts';
import { startWebhook } from './start.ts';

await runProgram({
  name: 'jobflow-webhook',
  read: readWebhookConfig,
  connections: 8,
  process,
  start: async (program) => {
    const { connection, log, now, shutdown, addReadiness } = program;
    const index = new AdmissionIndex({ connection, log, now });
    addReadiness({ name: 'index', problem: () => index.problem });
    shutdown.add('index', () => index.stop());
    index.start();
    const resources = createNamedResources(connection);
    await startWebhook(program, {
      decide: createJobDecider({ index, resources }),
      decideResource: createResourceDecider({ index, resources }),
    });
  },
});
