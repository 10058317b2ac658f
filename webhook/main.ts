import { readWebhookConfig } from '../src/runtime/config.ts';
import { registerFollowing } from '../src/runtime/metrics.ts';
import { runProgram } from '../src/runtime/program.ts';
import { AdmissionIndex } from './admission-index.ts';
import { createJobDecider } from './decide-job.ts';
import { createResourceDecider } from './decide-resource.ts';
import { createNamedResources } from './named-resources.ts';
import { startWebhook } from './start.ts';
import { whereFollowed } from './where-followed.ts';

await runProgram({
  name: 'jobflow-webhook',
  read: readWebhookConfig,
  connections: 8,
  process,
  start: async (program) => {
    const { config, connection, log, now, registry, shutdown, addReadiness } = program;
    const index = new AdmissionIndex({ connection, namespaces: config.namespaces, log, now });
    addReadiness({ name: 'index', problem: () => index.problem });
    shutdown.add('index', () => index.stop());
    registerFollowing(registry, index.followed, now);
    index.start();
    const resources = createNamedResources(connection);
    await startWebhook(program, {
      decide: whereFollowed(config.namespaces, createJobDecider({ index, resources })),
      decideResource: whereFollowed(config.namespaces, createResourceDecider({ index, resources })),
    });
  },
});
