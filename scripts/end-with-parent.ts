/*
 * Imported by what `bootstrap.mjs` and the test runner start: a parent that was killed by SIGKILL cannot stop its
 * child, but its end closes the channel between the two.
 */
if (process.channel !== undefined) {
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
  });
  process.channel.unref();
}
