// A small program for the tests of shutdown: it says what it does, one JSON line each, and ends as it is told.
import { createLogger } from '../../../src/runtime/logging.ts';
import { createShutdown } from '../../../src/runtime/shutdown.ts';

const log = createLogger({ program: 'jobflow-test', level: 'info' });
const shutdown = createShutdown({ process, log, timeoutMs: 500 });
const mode = process.argv[2];

shutdown.add('first', () => {
  log.info('first ended');
});
shutdown.add('second', async () => {
  if (mode === 'hang') await new Promise(() => undefined);
  if (mode === 'fail') throw new Error('second cannot end');
  log.info('second ended');
});
setInterval(() => undefined, 60_000);
if (mode === 'throw') {
  setTimeout(() => {
    throw new Error('nobody caught me');
  });
}
if (mode === 'reject') void Promise.reject(new Error('nobody caught me'));
log.info('up');
